// The query box: completes at the caret, searches while one types, underlines a mistake, follows
// the address. The server says what may stand where, and what the text is with it.
import { Unanswered, textOf } from "./refetch.js";

const box = () => document.getElementById("query");
const list = () => document.getElementById("completion");
const told = () => document.getElementById("query-told");
const lines = () => [...list().querySelectorAll("[role=option]")];
const open = () => list()?.hidden === false;
const begun = () => /\S$/.test(box().value.slice(0, box().selectionStart));
let [asked, timer, here, edited] = [0, 0, -1, false]; // edited: no older answer replaces it

async function complete() {
  const input = box();
  const query = new URLSearchParams({ q: input.value, at: input.selectionStart });
  const mine = ++asked;
  const html = await textOf(`${input.dataset.completes}?${query}`).catch(nothing);
  if (mine !== asked || document.activeElement !== input) return;
  list().innerHTML = html;
  here = -1;
  show(lines().length > 0);
}

// Where nothing comes back there is nothing to take: what was typed is searched all the same.
const nothing = (error) => (error instanceof Unanswered ? "" : Promise.reject(error));
function show(shown) {
  list().hidden = !shown;
  box().setAttribute("aria-expanded", shown);
  if (shown) return;
  asked += 1; // no answer that is on its way opens it again
  box().removeAttribute("aria-activedescendant");
}
const close = () => show(false);

function choose(by) {
  const all = lines();
  here = (here + by + all.length + (here < 0 && by < 0 ? 1 : 0)) % all.length;
  all.forEach((line, at) => line.setAttribute("aria-selected", at === here));
  all[here].scrollIntoView({ block: "nearest" });
  box().setAttribute("aria-activedescendant", all[here].id);
}

function take(line) {
  const input = box();
  input.value = line.dataset.text;
  input.setSelectionRange(line.dataset.caret, line.dataset.caret);
  input.focus();
  complete();
  search();
}

// One key puts a mistake right.
function mend() {
  const mended = told()?.querySelector("[data-mended]")?.dataset.mended;
  if (!mended || told().dataset.of !== box().value) return false;
  box().value = mended;
  search();
  return true;
}

function search() {
  edited = true;
  clearTimeout(timer);
  timer = setTimeout(() => box().form.dispatchEvent(new Event("typed")), 350);
}

// Under the words of the box lie the same words, of which only the underline is seen.
function mirror() {
  const { before, wrong } = told()?.dataset ?? {};
  const under = document.querySelector(".query-mirror");
  under.replaceChildren();
  box().toggleAttribute("aria-invalid", Boolean(wrong));
  if (!wrong) return;
  told().dataset.of = box().value;
  const mark = Object.assign(document.createElement("mark"), { textContent: wrong });
  under.append(before, mark);
  under.scrollLeft = box().scrollLeft;
}

function pressed(event) {
  if (event.target !== box() || event.isComposing) return;
  const { key } = event;
  if (key === "Escape" && open()) close();
  else if (open() && key === "ArrowDown") choose(1);
  else if (open() && key === "ArrowUp") choose(-1);
  else if (open() && (key === "Tab" || key === "Enter") && here >= 0) take(lines()[here]);
  else if (key === "Tab" && !event.shiftKey && mend()) close();
  else if (open() && key === "Tab" && !event.shiftKey && begun()) take(lines()[0]);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

const left = () => open() && document.activeElement !== box() && close(); // a swap takes it along
document.addEventListener("keydown", pressed, true);
document.addEventListener("input", ({ target }) => {
  if (target !== box()) return;
  document.querySelector(".query-mirror").replaceChildren();
  complete();
  search();
});
document.addEventListener("pointerdown", (event) => {
  const line = event.target.closest?.("#completion [role=option]");
  if (line) take(line);
  if (line || event.target.closest?.("#completion")) return event.preventDefault();
  if (event.target === box()) complete();
});
document.addEventListener("focusout", () => setTimeout(left));
document.addEventListener("scroll", ({ target }) => {
  const under = document.querySelector(".query-mirror");
  if (target === box() && under) under.scrollLeft = box().scrollLeft;
}, true); // prettier-ignore
document.addEventListener("htmx:afterSettle", () => {
  const typed = document.querySelector("[data-text]#list")?.dataset.text;
  edited &&= typed !== box().value;
  if (!edited && typed !== undefined && told() && !told().dataset.wrong) box().value = typed;
  mirror();
});
mirror();
