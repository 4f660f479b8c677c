// How much needs a person, on every page: in the rail, in the title, on the favicon. A frame says
// that it may have changed; the server counts.
import { newsworthy } from "./news.js";
import { refetching, textOf } from "./refetch.js";

const badge = document.querySelector("[data-needs-action]");
const favicon = document.querySelector("link[rel=icon]");
const plain = favicon?.href;
const title = document.title.replace(/^\(\d+\+?\) /, "");

async function count() {
  show(Number(await textOf(badge.dataset.needsAction)));
}

function show(open) {
  const text = open > 99 ? "99+" : String(open);
  if (badge.textContent !== text) badge.textContent = text;
  badge.hidden = !open;
  document.title = open ? `(${text}) ${title}` : title;
  if (favicon) favicon.href = open ? drawn(open > 9 ? "9+" : text) : plain;
}

function drawn(text) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"
    ><path d="M7 3v18M7 5h12.6a2.4 2.4 0 0 1 0 5H7" fill="none" stroke="#b3261e" stroke-width="2.2"
    /><circle cx="16.5" cy="16.5" r="7" fill="#9a5b00"/><text x="16.5" y="19.8" fill="#fff"
    font-family="sans-serif" font-size="9.5" font-weight="700" text-anchor="middle">${text}</text
    ></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

const ask = refetching("count", count, { every: 1000 });

if (badge) {
  show(badge.hidden ? 0 : Number.parseInt(badge.textContent, 10));
  document.addEventListener("live:frame", ({ detail }) => newsworthy(detail) && ask());
  document.addEventListener("live:gap", () => ask());
}
