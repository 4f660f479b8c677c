// What is wrong with a field is said until somebody changes it: then the server judges it anew.
document.addEventListener("input", ({ target }) => {
  const field = target.closest(".field, .argument, .rows-row");
  if (!field || target.closest("[hx-get]")) return;
  for (const wrong of field.querySelectorAll(".errorlist, .argument-note.bad")) wrong.remove();
  target.removeAttribute("aria-invalid");
});
