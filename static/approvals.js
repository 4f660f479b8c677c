// The approvals page, live: frames say that a run asked, or that somebody answered; one throttled request fetches the list anew.
// A card that was decided elsewhere says so in its place; what is being typed is never touched.
import { parse, throttled } from "./js/cells.js";

const NEWS = /^(call\.(asked|decided|settled)|approval\.|run\.(waiting|paused|resumed|stopped|completed|kill_))/;
const HASTE = 600;
const loaded = performance.now();
const queue = () => document.getElementById("queue");
const card = () => document.getElementById("card");

async function refresh() {
  const query = new URLSearchParams(queue().dataset.query);
  query.set("here", card()?.dataset.request ?? "");
  const answer = await fetch(`${queue().dataset.rows}?${query}`, { headers: { "X-Requested-With": "fetch" } });
  if (!answer.ok) return;
  const fresh = parse(await answer.text()).getElementById("queue");
  place(fresh);
  document.dispatchEvent(new Event("patched"));
}

function place(fresh) {
  const focused = document.activeElement?.closest("#asks [data-row]")?.id;
  queue().querySelector(".tabs").replaceWith(fresh.querySelector(".tabs"));
  document.getElementById("asks").replaceWith(fresh.querySelector("#asks"));
  if (focused) document.getElementById(focused)?.querySelector(".row-link").focus();
}

const ask = throttled(refresh, 250);

document.addEventListener("live:frame", ({ detail }) => {
  if (!detail.kinds || detail.kinds.some((kind) => NEWS.test(kind))) ask();
});
document.addEventListener("live:gap", ask);

// Arguments: what differs from the proposal is blue and says what it was; the button says that it approves an edit.
function compare(argument) {
  const control = argument.querySelector("input, select, textarea");
  const edited = control.value !== argument.dataset.proposed;
  argument.classList.toggle("edited", edited);
  const was = argument.querySelector("[data-was]");
  was.hidden = !edited || !argument.dataset.proposed;
  const reset = was.querySelector("[data-reset]");
  if (reset) reset.hidden = was.hidden;
  const word = document.querySelector("[data-approve]");
  if (word && argument.closest("form").querySelector("[data-key=a]")) {
    const any = document.querySelector("[data-argument].edited");
    if (document.querySelector("[data-argument]")) word.textContent = any ? word.dataset.approveEdited : word.dataset.approve;
  }
}

for (const argument of document.querySelectorAll("[data-argument]")) compare(argument);
document.addEventListener("input", ({ target }) => {
  const argument = target.closest("[data-argument]");
  if (argument) compare(argument);
});
document.addEventListener("click", ({ target }) => {
  const reset = target.closest("[data-reset]");
  if (!reset) return;
  const argument = reset.closest("[data-argument]");
  argument.querySelector("input, select, textarea").value = argument.dataset.proposed;
  compare(argument);
});

// A letter pressed twice, or held, must not decide the card that came after; nor may one form be sent twice.
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey) return;
  if (/^[ad]$/.test(event.key) && (event.repeat || performance.now() - loaded < HASTE)) event.stopImmediatePropagation();
  else if (event.key === "e") {
    const field = document.querySelector("[data-argument] :is(input, textarea, select):not([readonly], [disabled])");
    field?.focus();
    field?.select?.();
    if (field) event.preventDefault();
  }
}, true);
document.getElementById("answer")?.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) return event.preventDefault();
  event.target.dataset.sent = "1";
});
addEventListener("pageshow", () => delete document.getElementById("answer")?.dataset.sent);
for (const form of document.querySelectorAll("[data-submits]")) form.addEventListener("change", () => form.requestSubmit());
