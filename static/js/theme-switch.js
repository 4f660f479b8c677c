// The theme button: auto, light, dark, and round again. The choice is this browser's alone.
import { keep } from "./keeping.js";

const button = document.querySelector("[data-theme-switch]");
const order = ["auto", "light", "dark"];

const current = () => document.documentElement.dataset.theme ?? "auto";

function show() {
  button.querySelector("[data-theme-word]").textContent = current();
  button.setAttribute("aria-label", `Theme ${current()}`);
}

function turn() {
  const next = order[(order.indexOf(current()) + 1) % order.length];
  if (next === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  keep("theme", next === "auto" ? "" : next);
  show();
}

if (button) {
  button.hidden = false;
  button.addEventListener("click", turn);
  show();
}
