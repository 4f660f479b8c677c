// Before the first paint: the theme this browser chose. No choice means what the system says.
{
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
}
