// Copy buttons: [data-copy] holds the text.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add("copied");
  document.getElementById("announcer").textContent = "Copied";
  setTimeout(() => button.classList.remove("copied"), 1500);
});
