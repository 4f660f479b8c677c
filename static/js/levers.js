// Halt levers: the banner of every page, fetched again when the server rings, and every few seconds where no feed is connected.
import { parse, throttled } from "./cells.js";

const banner = () => document.getElementById("halts");
let connected = false;

async function look() {
  // a console that cannot be reached is the feed's to tell
  const answer = await fetch(banner().dataset.from, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = parse(await answer.text()).getElementById("halts");
  if (fresh.dataset.levers === banner().dataset.levers) return;
  banner().replaceWith(fresh);
  globalThis.htmx?.process(fresh);
  document.getElementById("announcer").textContent = fresh.textContent.trim() || "No halt lever is pulled any more";
  document.dispatchEvent(new Event("patched"));
}

const ask = throttled(look, 300);

if (banner()) {
  document.addEventListener("live:gap", ask);
  document.addEventListener("live:state", ({ detail }) => (connected = detail.state === "connected"));
  setInterval(() => connected || document.hidden || ask(), 4000);
}
