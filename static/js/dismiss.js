// Lines that need no second reading: what is dismissed stays away in this browser, by a style that
// knows its name before the first paint.
import { keep } from "./keeping.js";

for (const line of document.querySelectorAll("[data-dismissible]")) {
  const name = `dismissed-${line.dataset.dismissible}`;
  const button = line.querySelector("[data-dismisses]");
  button.hidden = false;
  button.addEventListener("click", () => {
    line.hidden = true;
    keep(name, "yes");
  });
}
