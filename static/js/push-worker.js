// Runs without a page: shows what came for this browser, and leads to it when it is clicked. One
// that cannot be read is shown all the same: a browser takes back the right of whoever shows none.
const UNREAD = { title: "Something needs a person", body: "The console says what.", link: "" };

function told(event) {
  try {
    return { ...UNREAD, ...event.data.json() };
  } catch {
    return UNREAD;
  }
}

self.addEventListener("push", (event) => {
  const { title, body, link } = told(event);
  const facts = { body, data: link, tag: link || "unread", renotify: true };
  event.waitUntil(self.registration.showNotification(title, facts));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lead(new URL(event.notification.data, self.registration.scope)));
});

// To the page that shows it already, else to a new one: nobody's half-filled form is left for it.
async function lead(there) {
  if (there.origin !== self.location.origin) return;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find(({ url }) => new URL(url).pathname === there.pathname);
  await (page ? page.focus() : self.clients.openWindow(there));
}
