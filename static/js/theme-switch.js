// The theme button: auto, light, dark, and round again. The choice is this browser's alone.
const button = document.querySelector("[data-theme-switch]");
const order = ["auto", "light", "dark"];

const current = () => document.documentElement.dataset.theme ?? "auto";

function show() {
  button.querySelector("[data-theme-word]").textContent = current();
  button.setAttribute("aria-label", `Theme ${current()}`);
}

// A browser that keeps nothing forgets the choice with the page, and that is all.
function keep(theme) {
  try {
    if (theme) localStorage.setItem("theme", theme);
    else localStorage.removeItem("theme");
  } catch (error) {
    console.info("the theme is not kept:", error.name);
  }
}

function turn() {
  const next = order[(order.indexOf(current()) + 1) % order.length];
  if (next === "auto") {
    delete document.documentElement.dataset.theme;
    keep("");
  } else {
    document.documentElement.dataset.theme = next;
    keep(next);
  }
  show();
}

if (button) {
  button.hidden = false;
  button.addEventListener("click", turn);
  show();
}
