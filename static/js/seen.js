// Since when the open card lies before somebody's eyes: page visible and focused, card in view and
// unchanged. Its keys count after a second of it.
const [LONG, EDGE] = [1000, 60];
let [name, since] = ["", 0];

function inView(box) {
  const { top, bottom } = box.getBoundingClientRect();
  return bottom > EDGE && top < innerHeight - EDGE;
}

function shown() {
  const box = document.getElementById("card");
  const changed = document.getElementById("changed");
  if (!box || !("open" in box.dataset) || (changed && !changed.hidden)) return "";
  const away = document.hidden || !document.hasFocus() || document.querySelector("dialog[open]");
  if (away || !inView(box)) return "";
  return `${box.dataset.request}/${box.dataset.version}`;
}

function look() {
  const now = shown();
  if (now !== name) [name, since] = [now, performance.now()];
}

export function seen() {
  look();
  return name !== "" && performance.now() - since >= LONG;
}

// A key that was pressed too early does not get through by being pressed again and again.
export function startAnew() {
  since = performance.now();
}

if (document.getElementById("card")) setInterval(look, 100);
