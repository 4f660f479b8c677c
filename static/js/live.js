// The live feed of a page: one websocket, dialled again when it is lost or silent, and an honest
// word on how old all that is.
//
// <body data-live="fleet run:ID"> names the topics (approvals as well where the rail counts them),
// <meta name="server-time"> says when the page was made.
// Pages listen on document for what frames.js tells, and for live:state, twice a second {state, age
// in s of what was heard last, at: the server's time then}: connected | reconnecting | silent |
// stale | paused | signed_out | forbidden
import { behind, gap, read, take } from "./frames.js";
import { now, past } from "./moments.js";

// milliseconds; the server speaks every second
const [QUIET, DEAD, SLEPT, HIDDEN, SLOWEST] = [2500, 5000, 4000, 60_000, 15_000];
const FINAL = { 4401: "signed_out", 4403: "forbidden" };

let topics = (document.body.dataset.live || "").split(/\s+/).filter(Boolean);
if (document.querySelector("[data-needs-action]")) topics.push("approvals");
let at = document.querySelector("meta[name=server-time]")?.content;
let [socket, state, feed, tries, retry, sleep] = [null, "reconnecting", "up", 0, 0, 0];

let [heard, dialled, ticked] = [now(), now(), now()];

const ended = () => Object.values(FINAL).includes(state);

function say(word) {
  state = word;
  const detail = { state, age: past(heard) / 1000, at };
  document.dispatchEvent(new CustomEvent("live:state", { detail }));
}

function ask() {
  if (socket?.readyState === WebSocket.OPEN)
    socket.send(JSON.stringify({ watch: topics, since: read(), at }));
}

function connect() {
  drop();
  dialled = now();
  socket = new WebSocket(`${location.origin.replace("http", "ws")}/live/`);
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
  heard = now();
  tries = 0;
  if (message.beat) [at, feed] = [message.beat, message.feed];
  if (message.gap) gap(message.gap, null);
  if (message.behind) behind(message.behind);
  for (const frame of message.frames ?? []) take(frame);
  if (message.error) console.warn("live:", message.error);
  const word = feed === "up" ? "connected" : "stale";
  if (word !== state) say(word);
}

// A silent socket is not a quiet fleet. Every state is said again and again: whoever listens may
// have missed it once.
function tick() {
  const slept = past(ticked) > SLEPT && !document.hidden;
  ticked = now();
  if (ended() || state === "paused") return say(state);
  if (slept) return wake("the machine was asleep");
  say(socket && state !== "reconnecting" && past(heard) > QUIET ? "silent" : state);
  if (socket && !document.hidden && past(heard) > DEAD && past(dialled) > DEAD) lost(0);
}

// A hidden page goes quiet after a while, and fetches everything again when somebody looks at it.
// Whoever was signed out may be back.
function look() {
  clearTimeout(sleep);
  if (document.hidden) sleep = setTimeout(pause, HIDDEN);
  else if (state === "paused" || ended()) wake("the page was hidden");
  else tick();
}

function pause() {
  if (ended()) return;
  drop();
  say("paused");
}

function wake(why) {
  tries = 0;
  say("reconnecting");
  connect();
  gap(why, null);
}

const back = ({ persisted }) => persisted && state === "paused" && wake("the page was left");
const signedOut = () => drop() ?? say("signed_out");

if (topics.length) {
  document.addEventListener("visibilitychange", look);
  document.addEventListener("live:signed-out", signedOut);
  addEventListener("online", () => ended() || state === "paused" || connect());
  addEventListener("pagehide", pause);
  addEventListener("pageshow", back);
  setInterval(tick, 500);
  connect();
}
