import { tell } from "./toasts.js";

// A form that was sent is not sent again before its answer is there: its buttons say so and do
// nothing meanwhile. Focus stays where it was.
const NOT_SENT = "The console cannot be reached: nothing was sent, and what you typed stays.";
const buttons = (form) => form.querySelectorAll("button:not([type=button]), input[type=submit]");

function sent(form) {
  form.dataset.sent = "1";
  for (const button of buttons(form)) button.setAttribute("aria-disabled", "true");
}

function answered(form) {
  if (!("sent" in form.dataset)) return;
  delete form.dataset.sent;
  for (const button of buttons(form)) button.removeAttribute("aria-disabled");
}

// Out of contact, a form would leave the page for an error of the browser's: it waits for a sign.
const reached = new WeakSet();
async function reach(form, submitter) {
  const asked = { method: "HEAD", signal: AbortSignal.timeout(5000) };
  if (!(await fetch(location.href, asked).catch(() => null))) return tell(NOT_SENT);
  reached.add(form);
  form.requestSubmit(submitter);
}

const posts = ({ method, dataset }) => method === "post" && !("downloads" in dataset);

document.addEventListener(
  "submit",
  (event) => {
    const { target: form, submitter } = event;
    if (!posts(form)) return;
    const own = !form.hasAttribute("hx-post");
    const out = !navigator.onLine || "stale" in document.body.dataset;
    const asks = own && out && !reached.delete(form);
    if ("sent" in form.dataset || asks) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (asks) reach(form, submitter);
    } else if (own) setTimeout(() => event.defaultPrevented || sent(form));
    else sent(form);
  },
  true,
);

addEventListener("pageshow", () => {
  for (const form of document.forms) answered(form);
});

// A button that asks by itself, as the hidden ones of the fleet's rows do.
const asking = new WeakSet();
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (posts(elt) || requestConfig.verb !== "post") return;
  if (asking.has(elt)) event.preventDefault();
  else asking.add(elt);
});
document.addEventListener("htmx:afterRequest", ({ detail: { elt } }) => {
  asking.delete(elt);
  if (posts(elt)) answered(elt);
});
