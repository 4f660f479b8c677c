import { meaning } from "./toasts.js";

// Dialogs: those on the page open by [data-opens]; those that htmx fetches into the slot, at once.
const slot = document.getElementById("dialog-slot");

for (const button of document.querySelectorAll("[data-opens]")) {
  button.hidden = false;
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}

document.addEventListener("click", (event) => {
  const dialog = event.target.closest("dialog");
  if (dialog && (event.target === dialog || event.target.closest("[data-closes]"))) {
    event.preventDefault();
    dialog.close();
  }
});

// The dialog goes only when what it asked for has landed: an error stays in it.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === slot) slot.querySelector("dialog")?.showModal();
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.elt;
  if (!form.matches("#dialog-slot form")) return;
  if (detail.successful) slot.querySelector("dialog")?.close();
  else form.querySelector("[data-refusal]").textContent = refusal(detail.xhr);
});

// A toast would lie behind the dialog, so its words are said inside it.
function refusal(xhr) {
  const box = document.createElement("template");
  box.innerHTML = xhr.status === 409 ? xhr.responseText : "";
  return (
    box.content.querySelector("[data-toast] span")?.textContent ||
    meaning(xhr.status) ||
    "That did not work. Nothing was changed."
  );
}

// Whoever closes a dialog is back where it was asked for, which may have been drawn anew.
let opener = null;
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target === slot) opener = detail.elt;
});
function back() {
  const same = `a[href="${opener?.getAttribute("href")}"], [data-key="${opener?.dataset.key}"]`;
  (opener?.isConnected ? opener : document.querySelector(same))?.focus();
  slot.replaceChildren(); // what asks anew while it is open asks no more
}
slot.addEventListener("close", back, true);
