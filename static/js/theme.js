// Before the first paint: the theme this browser chose, and what else it keeps, by name.
try {
  const [root, chosen] = [document.documentElement.dataset, localStorage.getItem("theme")];
  if (chosen) root.theme = chosen; // none: what the system says
  root.kept = Object.keys(localStorage).join(" ");
} catch (error) {
  console.info("no theme is kept here:", error.name);
}
