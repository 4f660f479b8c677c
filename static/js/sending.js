// A form that was sent is not sent again before its answer is there: its buttons say so and do
// nothing meanwhile. Focus stays where it was.
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

const posts = ({ method, dataset }) => method === "post" && !("downloads" in dataset);

document.addEventListener(
  "submit",
  (event) => {
    if (!posts(event.target)) return;
    if ("sent" in event.target.dataset) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (!event.target.hasAttribute("hx-post"))
      setTimeout(() => event.defaultPrevented || sent(event.target));
    else sent(event.target);
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
