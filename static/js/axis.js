// The common axis, as the server draws it: only work takes it up; it wraps after so many bars.
const [wrap, thin] = [30, 0.008];

export function place(timeline) {
  const span = ({ dataset: { start, end } }) => [Number(start), Number(end)];
  const rows = [...timeline.querySelectorAll("[data-start]")].map((row) => [row, ...span(row)]);
  const gaps = rows.filter(([row]) => row.classList.contains("t-gap"));
  const worked = (at) =>
    gaps.reduce(
      (left, [, start, end]) => (start < at ? left - (Math.min(at, end) - start) : left),
      at,
    );
  const bars = rows
    .filter((one) => !gaps.includes(one))
    .map(([row, start, end]) => [row.querySelector("rect"), worked(start), worked(end)]);
  const first = Math.min(...bars.map(([, start]) => start));
  const line =
    Math.max(...bars.map(([, , end]) => end - first), 1) /
    Math.max(Math.ceil(bars.length / wrap), 1);
  for (const [bar, start, end] of bars) {
    bar.setAttribute("x", `${(((start - first) % line) / line) * 100}%`);
    bar.setAttribute("width", `${Math.min(Math.max((end - start) / line, thin), 1) * 100}%`);
  }
}
