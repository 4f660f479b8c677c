// Puts a fresh partial over what is on the page, cell by cell, so that focus and pointer stay where
// they are.
// A cell is [data-cell]; one whose content changed breathes once. Ticking times are not a change,
// nor are those in the reader's zone.

// What the server said of a cell last: mostly it says the same again, and comparing that is cheap.
const drawn = new WeakMap();
const TICKING = /(<time[^>]*data-tick[^>]*>)[^<]*/g;

function essence(cell) {
  const copy = cell.cloneNode(true);
  for (const time of copy.querySelectorAll("time[data-tick]")) time.textContent = "";
  for (const time of copy.querySelectorAll("time[data-zone]")) time.replaceWith(time.title);
  for (const details of copy.querySelectorAll("details")) details.open = false;
  copy.classList.remove("breathe", "breathe-again");
  return copy.outerHTML;
}

function attributes(old, fresh) {
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && name !== "tabindex") old.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes])
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

// Two names of the same animation take turns: so it begins anew without the page being laid out for
// each cell.
function breathe(cell) {
  const again = cell.classList.contains("breathe");
  cell.classList.toggle("breathe", !again);
  cell.classList.toggle("breathe-again", again);
}

// Cells with focus inside are only touched when they differ; one that breathes says so by
// data-breathes.
export function patch(old, fresh) {
  attributes(old, fresh);
  const there = new Map(
    [...old.querySelectorAll("[data-cell]")].map((cell) => [cell.dataset.cell, cell]),
  );
  for (const cell of fresh.querySelectorAll("[data-cell]")) {
    const before = there.get(cell.dataset.cell);
    if (before) put(before, cell);
  }
}

// A control that waits for its answer stays until it has it: htmx finds the page, and the place for
// the answer's toast, through the control.
function put(before, cell) {
  const now = cell.outerHTML.replace(TICKING, "$1");
  if (drawn.get(before) === now) return;
  if (essence(before) === essence(cell)) return void drawn.set(before, now);
  const asking = before.querySelector(".htmx-request");
  if (asking)
    return asking.addEventListener(
      "htmx:afterRequest",
      () => before.isConnected && put(before, cell),
      { once: true },
    );
  const open = before.querySelector("details")?.open; // what somebody has unfolded stays so
  attributes(before, cell);
  before.replaceChildren(...cell.childNodes);
  drawn.set(before, now);
  if (open) for (const details of before.querySelectorAll("details")) details.open = true;
  if (before.hasAttribute("data-breathes")) breathe(before);
  globalThis.htmx?.process(before);
}

export function parse(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  return box.content;
}

// Calls `work` at once, then at most every `every()` milliseconds, never twice at the same time;
// keeps the last request.
export function throttled(work, every) {
  let [running, wanted, last, timer] = [false, false, 0, 0];
  async function run() {
    [running, wanted, timer] = [true, false, 0];
    try {
      await work();
    } finally {
      [running, last] = [false, performance.now()];
      if (wanted) ask();
    }
  }
  function ask() {
    wanted = true;
    const wait = Math.max(last + every() - performance.now(), 0);
    if (!running && !timer) timer = setTimeout(run, wait);
  }
  return ask;
}

// Drawing that takes long is done less often, so that it never fills a page's time: `every()` is at
// least `quick` milliseconds, and `share` times as long as what was `timed` last.
export function paced(quick, share) {
  let pace = quick;
  function timed(work) {
    const began = performance.now();
    work();
    pace = Math.max(quick, share * (performance.now() - began));
  }
  return { every: () => pace, timed };
}
