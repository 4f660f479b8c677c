// A run's page, live: a frame says that something happened; one throttled request fetches what, as partials, after the last seq seen.
import { parse, patch, throttled } from "./cells.js";

const head = () => document.getElementById("head");
const timeline = document.getElementById("timeline");
const transcript = document.getElementById("transcript");
const live = () => document.body.dataset;
const boxes = [timeline, transcript].map((part) => part?.closest(".scroll"));
const follows = boxes[0]?.hasAttribute("data-follow");
const most = 500;
const [wrap, thin] = [30, 0.008];

async function refresh() {
  const after = live().seq;
  const answer = await fetch(`/runs/${head().dataset.run}/since/?after=${after}`, { headers: { "X-Requested-With": "fetch" } });
  if (answer.status === 205) return location.reload();
  if (!answer.ok) return;
  const fresh = parse(await answer.text());
  const newer = fresh.getElementById("head");
  if (Number(newer.dataset.seq) < Number(live().seq)) return;
  patch(head(), newer);
  const [done, was] = [fresh.getElementById("done"), document.getElementById("done")];
  if (done && was) patch(was, done);
  if (follows) append(fresh);
  for (const count of document.querySelectorAll("[data-run-seq]")) count.textContent = newer.dataset.seq;
  live().seq = newer.dataset.seq;
  document.dispatchEvent(new Event("patched"));
}

function append(fresh) {
  const following = [...boxes.filter(atEnd), ...[document.scrollingElement].filter((page) => page.scrollTop > 0 && atEnd(page))];
  const whole = fresh.getElementById("since").hasAttribute("data-whole");
  const added = merge(timeline, fresh.getElementById("timeline"), whole) + merge(transcript, fresh.getElementById("transcript"), whole);
  document.getElementById("left-out")?.replaceWith(fresh.getElementById("left-out"));
  place();
  if (added) document.getElementById("announcer").textContent = `${added} new entries`;
  for (const box of following) box.scrollTop = box.scrollHeight;
}

// What scrolls: both columns on a wide screen, the page on a small one. A column follows from the start, when all of it is in view yet;
// the page only where somebody went to its end.
const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 60;

// What is there changes in place, what is new goes to the end; the oldest leave when it becomes too much for one page.
function merge(box, fresh, whole) {
  if (whole) return box.replaceChildren(...fresh.children) ?? 0;
  let added = 0;
  for (const item of [...fresh.children]) {
    const old = document.getElementById(item.id);
    if (old && box.contains(old)) patch(old, item);
    else added += box.append(item) ?? 1;
    if (!old) globalThis.htmx?.process(item);
  }
  while (box.children.length > most) box.firstElementChild.remove();
  return added;
}

// The common axis, as the server draws it: gaps take none of it, and it wraps like a line of text after so many bars.
function place() {
  let [offset, total] = [null, 1];
  const bars = [];
  for (const row of timeline.querySelectorAll("[data-start]")) {
    const [start, end] = [Number(row.dataset.start), Number(row.dataset.end)];
    offset ??= start;
    if (row.classList.contains("t-gap")) offset += end - start;
    else bars.push([row.querySelector("rect"), start - offset, Math.max(end - offset, 0)]);
    total = Math.max(total, end - offset);
  }
  const line = total / Math.max(Math.ceil(bars.length / wrap), 1);
  for (const [bar, start, end] of bars) {
    bar.setAttribute("x", `${((Math.max(start, 0) % line) / line) * 100}%`);
    bar.setAttribute("width", `${Math.min(Math.max((end - start) / line, thin), 1) * 100}%`);
  }
}

const ask = throttled(refresh, 300);

document.addEventListener("live:frame", ({ detail }) => {
  if (detail.run === head().dataset.run && detail.seq > Number(live().seq)) ask();
});
document.addEventListener("live:gap", ({ detail }) => {
  if (!detail.runs || detail.runs.includes(head().dataset.run)) ask();
});

// A call in flight grows with the seconds.
setInterval(() => {
  const flying = timeline?.querySelectorAll(".t-flying") ?? [];
  for (const row of flying) row.dataset.end = Math.max(Number(row.dataset.end) + 1000, Number(row.dataset.start));
  if (flying.length && !document.hidden) place();
}, 1000);

if (follows) for (const box of boxes) box.scrollTop = box.scrollHeight;
