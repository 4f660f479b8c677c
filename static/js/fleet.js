// The fleet, live: frames say which runs changed; one throttled request fetches those rows, tiles
// and counts.
// New runs wait behind "3 new" while somebody points, types or has scrolled here.
// A run that the filters no longer let through says so, and goes as soon as that moves nothing
// under a pointer.
import "./console.js";
import { paced, parse, patch } from "./cells.js";
import "./query-box.js";
import { refetching, textOf } from "./refetch.js";

const [held, below] = [new Map(), new Set()];
const drawing = paced(600, 20);
const [most, longest] = [60, 150];
const list = () => document.getElementById("list");
const body = () => document.querySelector("tbody#rows");
const shown = (run) => document.getElementById(`run-${run}`);
const busy = () => list().matches(":hover, :focus-within") || scrollY > 40;

async function refresh(ids) {
  const asked = list().dataset.query;
  const query = new URLSearchParams(asked);
  query.delete("before");
  query.set("ids", ids.filter(shown).join(","));
  query.set("new", ids.filter((id) => !shown(id) && !below.has(id)).join(","));
  const fresh = parse(await textOf(`${list().dataset.rows}?${query}`));
  // the filters were changed meanwhile: this answers a question nobody asks any more
  if (list().dataset.query !== asked) return ask(...ids);
  drawing.timed(() => place(fresh));
  document.dispatchEvent(new Event("patched"));
}

function place(fresh) {
  const still = busy(); // asked before anything is written, so that the page is laid out once
  for (const id of ["tiles", "attention"])
    patch(document.getElementById(id), fresh.getElementById(id));
  patch(list().querySelector(".tabs"), fresh.querySelector(".tabs"));
  for (const row of [...fresh.querySelectorAll("tr[data-run]")].reverse()) {
    const old = shown(row.dataset.run);
    if (old) update(old, row);
    else if (further(row)) below.add(row.dataset.run);
    else if (!("older" in list().dataset)) held.set(row.dataset.run, row);
  }
  still ? announce() : insert();
}

// Whether a run stands on one of the next pages: it began before the last one of this page did.
function further(row) {
  const began = (one) => one?.dataset.began ?? "";
  const last = [...(body()?.rows ?? [])].reverse().find((one) => began(one));
  return "more" in list().dataset && began(row) !== "" && began(row) < began(last);
}

// A late answer never puts an older state over a newer one.
function update(old, row) {
  if (Number(row.dataset.seq) >= Number(old.dataset.seq)) patch(old, row);
}

// A table that has grown too long, or was empty, is drawn anew by the server.
function insert() {
  if (held.size && (!body() || body().rows.length + held.size > longest)) return location.reload();
  for (const row of held.values()) {
    body().prepend(row);
    htmx.process(row);
  }
  if (held.size) document.getElementById("announcer").textContent = `${held.size} new runs`;
  held.clear();
  document.getElementById("fresh")?.remove();
  leave();
  document.dispatchEvent(new Event("patched"));
}

// What has left the view; a view that has become empty is drawn anew by the server.
function leave() {
  const gone = document.querySelectorAll("#rows tr[data-left]");
  for (const row of gone) row.remove();
  if (gone.length && !body().rows.length) location.reload();
}

function announce() {
  if (!held.size) return;
  const facts = { id: "fresh", className: "fresh", type: "button" };
  const bar =
    document.getElementById("fresh") ?? Object.assign(document.createElement("button"), facts);
  bar.dataset.key = "n";
  bar.textContent = `${held.size} new — show`;
  bar.onclick = insert;
  if (!bar.isConnected) list().querySelector("table, #rows").before(bar);
  document.getElementById("announcer").textContent = `${held.size} new runs`;
}

const ask = refetching("fleet", refresh, { every: drawing.every, most });

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target.closest("#dialog-slot")) return;
  held.clear();
  below.clear();
});
const all = () => [...document.querySelectorAll("[data-row]")].map((row) => row.dataset.run);
document.addEventListener("live:gap", ({ detail }) => ask(...(detail.runs ?? all())));

document.addEventListener("live:frame", ({ detail }) => {
  const row = shown(detail.run);
  if (row && Number(row.dataset.seq) >= detail.seq) return;
  if (!row && (below.has(detail.run) || (detail.state.ended_at && !held.has(detail.run))))
    return ask();
  ask(detail.run);
});

// Places in the queue change though nothing happens to the runs themselves.
setInterval(() => {
  const queued = [...document.querySelectorAll("#rows tr[data-queued]")];
  if (queued.length && !document.hidden) ask(...queued.map((row) => row.dataset.run));
}, 5000);
