// Toasts leave by themselves after a while, but not while somebody reads them, and errors only when
// dismissed or when the page has been drawn anew since. What a toast says of a run is gone with the
// state that it announced: the head says it better.
const box = document.getElementById("toasts");
const RECENT = 3000;
const state = () => document.querySelector("#head [data-cell=pill]")?.textContent.trim() ?? "";

function time(toast) {
  if (toast.dataset.timed) return;
  toast.dataset.timed = performance.now();
  toast.dataset.state = state();
  if (toast.classList.contains("tone-bad")) return;
  const wait = () =>
    setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : toast.remove()), 6000);
  wait();
}

function timeAll() {
  for (const toast of box.querySelectorAll("[data-toast]")) time(toast);
}

box.addEventListener("click", (event) =>
  event.target.closest("[data-dismiss]")?.closest("[data-toast]").remove(),
);
new MutationObserver(timeAll).observe(box, { childList: true });
timeAll();

document.addEventListener("patched", () => {
  for (const toast of box.querySelectorAll("[data-toast]")) {
    const unknown = "unknown" in toast.dataset && performance.now() - toast.dataset.timed > RECENT;
    if (unknown || (!toast.classList.contains("tone-bad") && toast.dataset.state !== state()))
      toast.remove();
  }
});

// An error of the page's own making, from the one the server wrote into the page. `unknown`: nobody
// can tell whether anything was changed.
export function tell(text, unknown = false) {
  const { content } = document.getElementById("error-toast");
  const toast = content.querySelector("[data-toast]").cloneNode(true);
  toast.querySelector("span").textContent = text;
  if (unknown) toast.dataset.unknown = "";
  box.append(toast);
}

export const UNKNOWN =
  "The console cannot be reached. Nobody can tell from here whether your request arrived: " +
  "look at the page once it is back, before you try again.";

// What an answer means that is no answer to the question; empty for those that say themselves what
// is wrong.
const [OUT, NO] = ["You are signed out.", "You may not do that."];
const nothing = (why) => `${why} Nothing was changed.`;
const MEANINGS = { 0: UNKNOWN, 401: nothing(OUT), 403: nothing(NO), 409: "", 422: "" };
export const meaning = (status) =>
  MEANINGS[status] ?? `The console answered ${status}. Look at the run before you try again.`;

for (const lost of ["htmx:sendError", "htmx:timeout"])
  document.addEventListener(lost, () => tell(UNKNOWN, true));
document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
  if (xhr.status === 401) document.dispatchEvent(new CustomEvent("live:signed-out"));
  if (meaning(xhr.status)) tell(meaning(xhr.status));
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful) for (const toast of box.querySelectorAll("[data-unknown]")) toast.remove();
});
