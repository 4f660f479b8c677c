// Whoever comes back to a list finds the focus on the row they left it by.
const place = `row:${location.pathname}${location.search}`;

addEventListener("pagehide", () => {
  const row = document.activeElement?.closest("[data-row]");
  if (row) sessionStorage.setItem(place, row.id);
});
if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") {
  const row = document.getElementById(sessionStorage.getItem(place) ?? "");
  row?.querySelector(".row-link")?.focus();
}
