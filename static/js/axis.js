// The common axis, as the server draws it: only work takes it up; it wraps after so many bars.
const [wrap, thin] = [30, 0.008];

export function place(timeline) {
  const span = ({ dataset: { start, end } }) => [Number(start), Number(end)];
  const rows = [...timeline.querySelectorAll("[data-start]")].map((row) => [row, ...span(row)]);
  const gaps = rows.filter(([row]) => row.classList.contains("t-gap"));
  const worked = (at) =>
    gaps.reduce((left, [, start, end]) => left - Math.max(Math.min(at, end) - start, 0), at);
  const bars = rows
    .filter((one) => !gaps.includes(one))
    .map(([row, start, end]) => [row, worked(start), worked(end)]);
  const first = Math.min(...bars.map(([, start]) => start));
  const all = Math.max(...bars.map(([, , end]) => end - first), 1);
  const line = all / Math.max(Math.ceil(bars.length / wrap), 1);
  let lines = 0;
  for (const [row, start, end] of bars) {
    const bar = row.querySelector("rect");
    bar.setAttribute("x", `${(((start - first) % line) / line) * 100}%`);
    bar.setAttribute("width", `${Math.min(Math.max((end - start) / line, thin), 1) * 100}%`);
    const before = lines;
    lines = Math.max(lines, Math.floor((start - first) / line));
    row.toggleAttribute("data-anew", lines > before);
  }
}
