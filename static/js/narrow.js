// Forms that narrow what is shown are sent as soon as one of their choices changes. The field that
// jumps to a step or a time (by ":") is read in the reader's own zone.
document.addEventListener("change", ({ target }) => {
  if (target.form?.matches("[data-submits]") && !target.matches("[data-jump]"))
    target.form.requestSubmit();
});
for (const field of document.querySelectorAll("[data-ahead]"))
  field.value = -new Date().getTimezoneOffset();
