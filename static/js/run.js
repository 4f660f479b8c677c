// A run's page, live: a frame says that something happened, one throttled request fetches what.
import "./console.js";
import { place } from "./axis.js";
import { parse, patch } from "./cells.js";
import { fetched, refetching } from "./refetch.js";

const head = () => document.getElementById("head");
const [timeline, transcript, below] = document.querySelectorAll("#timeline, #transcript, #below");
const live = () => document.body.dataset;
const boxes = [timeline, transcript].map((part) => part?.closest(".scroll"));
const follows = boxes[0]?.hasAttribute("data-follow");
const ends = [...boxes, document.scrollingElement];
const most = 500;

async function refresh() {
  const from = new URL(head().dataset.since + location.search, location.href);
  from.searchParams.set("after", live().seq);
  const answer = await fetched(from);
  if (answer.status === 205) return location.reload();
  const fresh = parse(answer.text);
  const newer = fresh.getElementById("head");
  if (Number(newer.dataset.seq) < Number(live().seq)) return;
  patch(head(), newer);
  for (const id of ["done", "costs", "total", "events"]) {
    const [now, was] = [fresh.getElementById(id), document.getElementById(id)];
    if (now && was) patch(was, now);
  }
  if (follows) append(fresh);
  live().seq = newer.dataset.seq;
  document.dispatchEvent(new Event("patched"));
}

function append(fresh) {
  const following = ends.filter((box) => read(box) && atEnd(box));
  const whole = fresh.getElementById("since").hasAttribute("data-whole");
  const added =
    merge(timeline, fresh.getElementById("timeline"), whole) +
    merge(transcript, fresh.getElementById("transcript"), whole);
  document.getElementById("left-out")?.replaceWith(fresh.getElementById("left-out"));
  place(timeline);
  if (added) document.getElementById("announcer").textContent = `${added} new entries`;
  for (const box of following) box.scrollTop = box.scrollHeight;
  missed(added);
}

// What came while somebody reads further up is counted, and lies one press away.
function missed(added) {
  const [count] = below.children;
  count.textContent = ends.filter(read).every(atEnd) ? 0 : added + Number(count.textContent);
  below.hidden = count.textContent === "0";
}
below?.addEventListener("click", () => ends.forEach((box) => (box.scrollTop = box.scrollHeight)));
if (follows) document.addEventListener("scroll", () => missed(0), true);

// What scrolls: both columns on a wide screen, the page on a small one. A column follows from the
// start, when all of it is in view yet; the page only where somebody went to its end.
const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 60;
const read = (box) => box.scrollTop > 0 || boxes.includes(box);

// What is there changes in place, what is new goes to the end; too much, and the oldest leave.
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

const ask = refetching("run", refresh, { every: 300 });
document.addEventListener("live:frame", ({ detail }) => {
  if (detail.run === head().dataset.run && detail.seq > Number(live().seq)) ask();
});
document.addEventListener("live:gap", ({ detail }) => {
  if (!detail.runs || detail.runs.includes(head().dataset.run)) ask();
});

// A run's place in the queue changes though nothing happens to the run itself.
setInterval(() => {
  if ("queued" in head().dataset && !document.hidden) ask();
}, 3000);

// A call in flight grows with the seconds.
setInterval(() => {
  const flying = timeline?.querySelectorAll(".t-flying") ?? [];
  for (const row of flying)
    row.dataset.end = Math.max(Number(row.dataset.end) + 1000, Number(row.dataset.start));
  if (flying.length && !document.hidden) place(timeline);
}, 1000);

// The step that one is led to is marked in both columns, and both stand at it.
function beside() {
  const here = document.getElementById(location.hash.slice(1))?.closest(".column :is(tr, li)");
  const other = here?.id.replace(/^./, (side) => (side === "t" ? "e" : "t"));
  const there = document.getElementById(other);
  for (const was of document.querySelectorAll("[aria-current=step]")) was.ariaCurrent = null;
  if (!there) return;
  there.ariaCurrent = "step";
  const box = there.closest(".scroll");
  box.scrollTop += there.getBoundingClientRect().top - box.getBoundingClientRect().top - 40;
}
addEventListener("hashchange", beside);

// Whoever came for one step stays at it; one that is not on this page is asked for, once.
const step = /^#step-(\d+)$/.exec(location.hash)?.[1];
const led = performance.getEntriesByType("navigation")[0]?.redirectCount > 0;
if (step && !led && !document.getElementById(`step-${step}`)) location.replace(`?at=${step}`);
if (follows && !location.hash) for (const box of boxes) box.scrollTop = box.scrollHeight;
beside();
