// The keyboard: one table of single letters. They never fire while typing, in a dialog, or with a modifier.
const GO = { f: "/", a: "/audit/", p: "/policies/", h: "/health/" };
let leader = -Infinity;

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll("[data-row] .row-link")].filter((link) => link.offsetParent);

function move(by) {
  const links = rows();
  const here = links.indexOf(document.activeElement?.closest("[data-row]")?.querySelector(".row-link"));
  const next = links[here < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + by, 0), links.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// A row under the focus offers its own verbs; elsewhere the page's.
function press(key) {
  const row = document.activeElement?.closest("[data-row]");
  const button = row?.querySelector(`[data-key="${key}"]`) ?? document.querySelector(`[data-key="${key}"]:not([data-row] *)`);
  if (!button || button.disabled || button.getAttribute("aria-disabled") === "true") return false;
  button.click();
  return true;
}

function typed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && typing(event.target)) return event.target.blur();
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (performance.now() - leader < 1200 && GO[event.key]) {
    leader = -Infinity;
    location.assign(GO[event.key]);
  } else if (event.key === "g") leader = performance.now();
  else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "t") document.querySelector("[data-theme-switch]")?.click();
  else if (event.key === "?") document.querySelector('[data-opens="shortcuts"]')?.click();
  else if (event.key === "/") document.querySelector("[data-search]")?.focus();
  else if (event.key.length !== 1 || !press(event.key)) return;
  event.preventDefault();
}

document.addEventListener("keydown", typed);
