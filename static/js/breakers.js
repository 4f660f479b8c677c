// The list of breakers, fetched again every few seconds; left alone while somebody is about to
// press something in it.
import "./console.js";
import { parse } from "./cells.js";
import { refetching, textOf } from "./refetch.js";

const list = () => document.getElementById("breakers");
const busy = () =>
  document.hidden ||
  document.querySelector("dialog[open]") ||
  list().querySelector(":focus-within, .button:hover");

async function look() {
  const fresh = parse(await textOf(list().dataset.from)).getElementById("breakers");
  if (busy()) return;
  list().replaceWith(fresh);
  globalThis.htmx?.process(fresh);
  document.dispatchEvent(new Event("patched"));
}

const ask = refetching("breakers", look, { every: 1000 });
document.addEventListener("live:gap", () => ask());
setInterval(() => busy() || ask(), 3000);
