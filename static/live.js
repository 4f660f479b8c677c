// The live feed of a page: one websocket, the last sequence number seen of each run, and an honest word on how fresh all that is.
//
// <body data-live="fleet run:ID"> names the topics (approvals as well where the rail counts them), <meta name="server-time"> says when the page was made, and
// <tr data-run="ID" data-seq="12"> how far an element has read. Pages listen on document for:
//   live:frame  the latest state of a run             live:state  {state, age in s}: connected | reconnecting | stale | paused | signed_out | forbidden
//   live:gap    {why, runs}: fetch these again,       live:ended  {run}: the server says it is over; nothing else does
//               all of them when runs is null

const STALE = 12_000;
const HIDDEN = 60_000;
const SLOWEST = 15_000;
const FINAL = { 4401: "signed_out", 4403: "forbidden" };

const seen = new Map();
let topics = (document.body.dataset.live || "").split(/\s+/).filter(Boolean);
if (document.querySelector("[data-needs-action]")) topics.push("approvals");
let at = document.querySelector("meta[name=server-time]")?.content;
let socket = null;
let state = "reconnecting";
let feed = "up";
let heard = performance.now();
let tries = 0;
let retry = 0;
let nap = 0;

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function say(word) {
  state = word;
  tell("live:state", { state, age: (performance.now() - heard) / 1000 });
}

// How far the page has read: what its elements say, unless frames have said more since.
function read() {
  for (const { dataset } of document.querySelectorAll("[data-run][data-seq]")) {
    const seq = Number(dataset.seq);
    if (!(seen.get(dataset.run)?.seq >= seq)) seen.set(dataset.run, { seq, at: "" });
  }
  return Object.fromEntries([...seen].slice(-1000).map(([run, { seq }]) => [run, seq]));
}

function ask() {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ watch: topics, since: read(), at }));
}

// Watch other topics from now on, for pages that change without being loaded again.
export function watch(...wanted) {
  topics = document.querySelector("[data-needs-action]") ? [...wanted, "approvals"] : wanted;
  if (socket) ask();
  else connect();
}

function connect() {
  drop();
  heard = performance.now();
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/`);
  socket.onopen = ask;
  socket.onmessage = ({ data }) => hear(JSON.parse(data));
  socket.onclose = ({ code }) => lost(code);
}

function drop() {
  clearTimeout(retry);
  if (!socket) return;
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.close();
  socket = null;
}

function lost(code) {
  drop();
  if (FINAL[code]) return say(FINAL[code]);
  say("reconnecting");
  retry = setTimeout(connect, 100 + Math.random() * Math.min(SLOWEST, 500 * 2 ** tries));
  tries += 1;
}

function hear(message) {
  heard = performance.now();
  tries = 0;
  if (message.beat) [at, feed] = [message.beat, message.feed];
  if (message.gap) gap(message.gap, null);
  if (message.behind) behind(message.behind);
  for (const frame of message.frames ?? []) take(frame);
  if (message.error) console.warn("live:", message.error);
  const word = feed === "up" ? "connected" : "stale";
  if (word !== state) say(word);
}

function take(frame) {
  const known = seen.get(frame.run);
  if (known && (frame.seq < known.seq || (frame.seq === known.seq && frame.at < known.at))) return;
  seen.delete(frame.run);
  seen.set(frame.run, { seq: frame.seq, at: frame.at });
  if (known && frame.from > known.seq + 1) gap("frames were missed", [frame.run]);
  tell("live:frame", frame);
  if (frame.state.ended_at) tell("live:ended", { run: frame.run });
}

function behind(heads) {
  const news = heads.filter(({ run, seq }) => seq > (seen.get(run)?.seq ?? 0));
  for (const { run, seq } of news) seen.set(run, { seq, at: "" });
  if (news.length) gap("events were missed", news.map(({ run }) => run));
}

function gap(why, runs) {
  if (!runs) seen.clear();
  tell("live:gap", { why, runs });
}

// A silent socket is not a quiet fleet: the server speaks every five seconds.
function tick() {
  if (!socket) return state === "reconnecting" && say(state);
  const silent = performance.now() - heard > STALE;
  say(silent ? "stale" : state);
  if (silent) connect();
}

// A hidden page goes quiet after a while, and fetches everything again when somebody looks at it.
function look() {
  clearTimeout(nap);
  if (document.hidden) nap = setTimeout(pause, HIDDEN);
  else if (state === "paused") wake("the page was hidden");
}

function pause() {
  if (Object.values(FINAL).includes(state)) return;
  drop();
  say("paused");
}

function wake(why) {
  tries = 0;
  say("reconnecting");
  connect();
  gap(why, null);
}

if (topics.length) {
  document.addEventListener("visibilitychange", look);
  addEventListener("online", () => state === "reconnecting" && connect());
  addEventListener("pagehide", pause);
  addEventListener("pageshow", ({ persisted }) => persisted && state === "paused" && wake("the page was left"));
  setInterval(tick, 1000);
  connect();
}
