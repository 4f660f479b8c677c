// The list of breakers, fetched again every few seconds; left alone while somebody is about to press something in it.
import { parse, throttled } from "./cells.js";

const list = () => document.getElementById("breakers");
const busy = () => document.hidden || document.querySelector("dialog[open]") || list().querySelector(":focus-within, .button:hover");

async function look() {
  // a console that cannot be reached is the feed's to tell
  const answer = await fetch(list().dataset.from, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
  if (!answer?.ok || answer.redirected || busy()) return;
  const fresh = parse(await answer.text()).getElementById("breakers");
  list().replaceWith(fresh);
  globalThis.htmx?.process(fresh);
  document.dispatchEvent(new Event("patched"));
}

const ask = throttled(look, 1000);
document.addEventListener("live:gap", ask);
setInterval(() => busy() || ask(), 3000);
