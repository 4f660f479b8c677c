// How old what the page says is, in words: from the connection's `live:state` and the failing
// parts' `live:part`.
// While it is old the page is dimmed and its counters stand (body[data-stale]).
const feed = document.getElementById("feed");
const follows = "live" in document.body.dataset;
const failing = new Map();
const PATIENCE = 2.5;
const door = () =>
  `${feed.dataset.signin}?next=${encodeURIComponent(location.pathname + location.search)}`;

const clock = (at) => new Date(at).toISOString().slice(11, 19);
const whole = (seconds) =>
  seconds < 60
    ? `${Math.floor(seconds)} s`
    : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;

// A hiccup of a second is nobody's concern; what the server says of itself, and being signed out,
// is.
function word({ state, age, at }) {
  const from = `what you see is from ${clock(at)} UTC`;
  if (state === "signed_out") return ["Signed out", `Signed out: ${from}.`];
  if (state === "forbidden") return ["No live feed", `You may not see runs any more: ${from}.`];
  if (state === "paused") return ["Resting", `The page was not looked at: ${from}.`];
  if (state === "stale")
    return ["Stale", "The console hears nothing from its workers: what you see may be old."];
  if (state !== "connected" && age >= PATIENCE)
    return ["No contact", `No contact for ${whole(age)}: ${from}.`];
  if (!failing.size) return null;
  return [
    "Stale",
    "Part of this page could not be fetched: it is from " +
      `${clock(Math.min(...failing.values()))} UTC and asked for again.`,
  ];
}

function banner() {
  const facts = { id: "stale", className: "note tone-bad stale", ariaLabel: "How old this is" };
  const line = Object.assign(document.createElement("section"), facts);
  const text = "Sign in again";
  const link = Object.assign(document.createElement("a"), { text, href: door(), hidden: true });
  line.append(document.createElement("span"), " ", link);
  document.getElementById("content").before(line);
  return line;
}

function admit(state, text) {
  const line = document.getElementById("stale") ?? banner();
  line.firstElementChild.textContent = text;
  line.lastElementChild.hidden = state !== "signed_out";
  if (follows) document.body.dataset.stale = "";
}

function fresh() {
  document.getElementById("stale")?.remove();
  delete document.body.dataset.stale;
}

function show(detail) {
  const said = word(detail);
  const calm = !said && detail.state !== "connected";
  if (calm && feed.dataset.state !== "idle") return;
  const state = calm ? "idle" : !said || detail.state !== "connected" ? detail.state : "stale";
  // it is said twice a second, and mostly the same: what is written again is laid out again
  const now = `${state} ${said}`;
  if (now === shown) return;
  shown = now;
  if (said && (follows || state === "signed_out")) admit(state, said[1]);
  else if (!said) fresh();
  const [label, text = ""] = said ?? ["Live"];
  if (feed.dataset.state !== state) document.getElementById("announcer").textContent = text;
  feed.dataset.state = state;
  feed.hidden = calm || (!said && !follows);
  feed.title = text || "Changes appear by themselves";
  feed.textContent = label;
}

let [last, shown] = [{ state: "connected", age: 0 }, ""];
if (feed) {
  document.addEventListener("live:state", ({ detail }) => show((last = detail)));
  document.addEventListener("live:part", ({ detail }) => {
    if (detail.since) failing.set(detail.part, detail.since);
    else failing.delete(detail.part);
    show(last);
  });
}
