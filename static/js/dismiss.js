// Lines that need no second reading: what is dismissed stays away in this browser, for as long as
// it keeps anything.
const kept = (name) => {
  try {
    return localStorage.getItem(`dismissed-${name}`);
  } catch {
    return null;
  }
};

for (const line of document.querySelectorAll("[data-dismissible]")) {
  const name = line.dataset.dismissible;
  const button = line.querySelector("[data-dismisses]");
  line.hidden = Boolean(kept(name));
  button.hidden = false;
  button.addEventListener("click", () => {
    line.hidden = true;
    try {
      localStorage.setItem(`dismissed-${name}`, "yes");
    } catch (error) {
      console.info("this is not kept:", error.name);
    }
  });
}
