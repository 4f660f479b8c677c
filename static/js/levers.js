// Halt levers: the banner of every page, fetched again when the server rings, and every few seconds
// where no feed is connected.
import { parse } from "./cells.js";
import { refetching, textOf } from "./refetch.js";

const banner = () => document.getElementById("halts");
let connected = false;
const heard = ({ detail: { state } }) => (connected = state === "connected");

async function look() {
  const fresh = parse(await textOf(banner().dataset.from)).getElementById("halts");
  if (fresh.dataset.levers === banner().dataset.levers) return;
  banner().replaceWith(fresh);
  globalThis.htmx?.process(fresh);
  document.getElementById("announcer").textContent =
    fresh.textContent.trim() || "Nothing is halted any more";
  document.dispatchEvent(new Event("patched"));
}

const ask = refetching("levers", look, { every: 300 });

if (banner()) {
  document.addEventListener("live:gap", () => ask());
  document.addEventListener("live:state", heard);
  setInterval(() => connected || document.hidden || ask(), 4000);
}
