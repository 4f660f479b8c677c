// Copy buttons: [data-copy] holds the text.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const said = document.getElementById("announcer");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    button.title = said.textContent = `It could not be copied: ${button.dataset.copy}`;
    return;
  }
  button.classList.add("copied");
  said.textContent = "Copied";
  setTimeout(() => button.classList.remove("copied"), 1500);
});
