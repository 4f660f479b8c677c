// What a tool says of its progress, in the head of its run and in the run's row of the fleet. A
// frame brings it as plain text; the next one without it takes it away.
document.addEventListener("live:frame", ({ detail }) => {
  const said = detail.state.progress ? `· ${detail.state.progress}` : "";
  const run = CSS.escape(detail.run);
  for (const place of document.querySelectorAll(`[data-run="${run}"] [data-progress]`))
    if (place.textContent !== said) place.textContent = said;
});
