// The form of a card: what differs from the proposal is blue and says what it was, the button says
// that it approves an edit.
import "./console.js";
const CONTROL = "input, select, textarea";

function compare(argument) {
  const control = argument.querySelector(CONTROL);
  const was = argument.querySelector("[data-was]");
  const edited = control.value !== argument.dataset.proposed;
  argument.classList.toggle("edited", edited);
  was.hidden = !edited || !argument.dataset.proposed;
  const reset = was.querySelector("[data-reset]");
  if (reset) reset.hidden = was.hidden;
  const word = argument.closest("form").querySelector("[data-approve]");
  const any = argument.closest("form").querySelector("[data-argument].edited");
  if (word) word.textContent = any ? word.dataset.approveEdited : word.dataset.approve;
}

for (const argument of document.querySelectorAll("[data-argument]")) compare(argument);

document.addEventListener("input", ({ target }) => {
  const argument = target.closest("[data-argument]");
  if (argument) compare(argument);
});

document.addEventListener("click", ({ target }) => {
  const argument = target.closest("[data-reset]")?.closest("[data-argument]");
  if (!argument) return;
  argument.querySelector(CONTROL).value = argument.dataset.proposed;
  compare(argument);
});

document.addEventListener(
  "keydown",
  (event) => {
    if (event.target.closest(CONTROL) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== "e" || event.isComposing || document.querySelector("dialog[open]")) return;
    const open = `:is(${CONTROL}):not([readonly], [disabled])`;
    const field = document.querySelector(`[data-argument] ${open}`);
    field?.focus();
    field?.select?.();
    if (field) event.preventDefault();
  },
  true,
);

// A refused answer stands under the card's own address: looking at it again must not send it again.
history.replaceState(history.state, "", location.href);

// Many at once: the buttons say how many are picked, and how much that is in all.
function count(form) {
  const picked = [...form.querySelectorAll("[name=pick]:checked")];
  const sum = picked.reduce((all, { dataset }) => all + Number(dataset.worth || 0), 0);
  for (const told of form.querySelectorAll("[data-count]")) {
    const much = sum ? `, ${form.dataset.sign}${sum.toFixed(2)}` : "";
    told.textContent = `${picked.length}${much}`;
    told.closest("button").disabled = !picked.length;
  }
}

for (const form of document.querySelectorAll("[data-many]")) {
  form.addEventListener("change", () => count(form));
  count(form);
}
