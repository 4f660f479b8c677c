// Toasts leave by themselves after a while, but not while somebody reads them, and errors only when dismissed.
const box = document.getElementById("toasts");

function time(toast) {
  if (toast.dataset.timed || toast.classList.contains("tone-bad")) return;
  toast.dataset.timed = "1";
  const wait = () => setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : toast.remove()), 6000);
  wait();
}

function timeAll() {
  for (const toast of box.querySelectorAll("[data-toast]")) time(toast);
}

box.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest("[data-toast]").remove());
new MutationObserver(timeAll).observe(box, { childList: true });
timeAll();

function tell(text) {
  const toast = document.createElement("div");
  toast.className = "toast tone-bad";
  toast.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  Object.assign(close, { type: "button", textContent: "×" });
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "Dismiss");
  toast.append(document.createElement("i"), words, close);
  box.append(toast);
}

document.addEventListener("htmx:sendError", () => tell("The console cannot be reached. Nothing was changed."));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 409 || status === 422) return; // these say themselves what is wrong
  tell(status === 403 ? "You may not do that. Nothing was changed." : `The console answered ${status}. Look at the run before you try again.`);
});
