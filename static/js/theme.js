// Before the first paint: the theme this browser chose. No choice means what the system says.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch (error) {
  console.info("no theme is kept here:", error.name);
}
