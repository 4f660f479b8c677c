// Forms that narrow what is shown are sent as soon as one of their choices changes; ":" goes to the
// field that jumps to a step or a time, which is read in the reader's own zone.
const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

document.addEventListener("change", ({ target }) => {
  if (target.form?.matches("[data-submits]") && !target.matches("[data-jump]"))
    target.form.requestSubmit();
});
for (const field of document.querySelectorAll("[data-ahead]"))
  field.value = -new Date().getTimezoneOffset();

document.addEventListener("keydown", (event) => {
  const jump = document.querySelector("[data-jump]");
  if (event.key !== ":" || !jump || typing(event.target) || document.querySelector("dialog[open]"))
    return;
  event.preventDefault();
  jump.focus();
});
