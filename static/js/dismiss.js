// Lines that need no second reading: what is dismissed stays away in this browser.
import { keep, kept } from "./keeping.js";

for (const line of document.querySelectorAll("[data-dismissible]")) {
  const name = `dismissed-${line.dataset.dismissible}`;
  const button = line.querySelector("[data-dismisses]");
  line.hidden = Boolean(kept(name));
  button.hidden = false;
  button.addEventListener("click", () => {
    line.hidden = true;
    keep(name, "yes");
  });
}
