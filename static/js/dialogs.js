// Dialogs: those on the page open by [data-opens]; those fetched by htmx into the slot open as they arrive.
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
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.detail.elt.closest("#dialog-slot form")) slot.querySelector("dialog")?.close();
});
