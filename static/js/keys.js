// The keyboard: one table of single letters. They never fire while typing, in a dialog, with a
// modifier, or again and again while held.
import { arm, arms, disarm, fire, isArmed } from "./armed.js";
import { seen, startAnew } from "./seen.js";

const WALK = { j: 1, k: -1 };
const [REST, LAST] = [1000, "last-key"];
let leader = -Infinity;

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
const rows = () =>
  [...document.querySelectorAll("[data-row] .row-link")].filter((link) => link.offsetParent);

function move(by) {
  const links = rows();
  const here = links.indexOf(
    document.activeElement?.closest("[data-row]")?.querySelector(".row-link"),
  );
  const last = here < 0 && by < 0;
  const next = links.at(last ? -1 : Math.min(Math.max(here + by, 0), links.length - 1));
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// What a button acts on. A key pressed twice in a row never acts on two of them: the page may have
// changed under the finger.
function thing(button) {
  const { request, run } = button.closest("[data-request], [data-run]")?.dataset ?? {};
  return request ?? run ?? location.pathname;
}

function another(key, button) {
  const last = JSON.parse(sessionStorage.getItem(LAST) ?? "{}");
  const slip = last.key === key && last.thing !== thing(button) && Date.now() - last.at < REST;
  const kept = { key, thing: slip ? last.thing : thing(button), at: Date.now() };
  sessionStorage.setItem(LAST, JSON.stringify(kept));
  return slip;
}

const changes = (button) => button.matches("[hx-post], button:not([type=button])");

// A row under the focus offers its own verbs; elsewhere the page's.
function press(key) {
  const row = document.activeElement?.closest("[data-row]");
  const button =
    row?.querySelector(`[data-key="${key}"]`) ??
    document.querySelector(`[data-key="${key}"]:not([data-row] *)`);
  if (!button || button.disabled || button.getAttribute("aria-disabled") === "true") return false;
  if (changes(button) && another(key, button)) return true;
  if (changes(button) && button.closest("#card") && !seen()) return startAnew() ?? true;
  if (arms(button)) arm(button);
  else button.click();
  return true;
}

function command(event) {
  const { key } = event;
  const place =
    performance.now() - leader < 1200 && document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  if (place) {
    leader = -Infinity;
    location.assign(place.href);
  } else if (key === "g") leader = performance.now();
  else if (key === "t") document.querySelector("[data-theme-switch]")?.click();
  else if (key === "?") document.querySelector('[data-opens="shortcuts"]')?.click();
  else if (key === "/") document.querySelector("[data-search]")?.focus();
  else if (key === ":") document.querySelector("[data-jump]")?.focus();
  else return key.length === 1 && press(key);
  return true;
}

function typed(event) {
  const { ctrlKey, metaKey, altKey, isComposing, keyCode } = event;
  if (event.defaultPrevented || isComposing || keyCode === 229) return;
  if (ctrlKey || metaKey || altKey) return;
  if (event.key === "Escape" && typing(event.target)) return event.target.blur();
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (isArmed() && event.key === "Enter") {
    event.preventDefault();
    return event.repeat || !seen() ? disarm() : fire();
  }
  if (!event.repeat) disarm();
  if (WALK[event.key]) {
    sessionStorage.removeItem(LAST);
    move(WALK[event.key]);
  } else if (event.repeat || !command(event)) return;
  event.preventDefault();
}

document.addEventListener("keydown", typed);
