// The approvals page, live: frames say that a run asked, or that somebody answered; one throttled
// request fetches the list anew. A card that was decided elsewhere becomes its own record; one that
// was changed says so. What is being typed is never touched.
import "./console.js";
import "./answer.js";
import { parse, patch } from "./cells.js";
import { newsworthy } from "./news.js";
import "./query-box.js";
import { refetching, textOf } from "./refetch.js";

const LOOK = 8000;
const queue = () => document.getElementById("queue");
const card = () => document.getElementById("card");
const fetched = async (url) => parse(await textOf(url));

async function list() {
  const query = new URLSearchParams(queue().dataset.query);
  query.set("here", card()?.dataset.request ?? "");
  const fresh = (await fetched(`${queue().dataset.rows}?${query}`)).getElementById("queue");
  if (!fresh) return;
  const focused = document.activeElement?.closest("#asks [data-row]")?.id;
  queue().querySelector(".tabs").replaceWith(fresh.querySelector(".tabs"));
  document.getElementById("asks").replaceWith(fresh.querySelector("#asks"));
  if (focused) document.getElementById(focused)?.querySelector(".row-link").focus();
}

// Where the card stands now. The server hears at the same time that somebody looks at it.
async function stand() {
  const here = card();
  if (!here?.dataset.now || document.hidden) return;
  const now = (await fetched(here.dataset.now)).getElementById("card-now");
  if (!now || card() !== here) return;
  if ("open" in here.dataset !== "open" in now.dataset) return over(here);
  const changed = document.getElementById("changed");
  if (changed) changed.hidden = now.dataset.version === here.dataset.version;
  if (changed && !changed.hidden) document.dispatchEvent(new Event("card-changed"));
  if (changed?.hidden) patchHead(here, now);
}

function patchHead(here, now) {
  const names = ["data-request", "data-version", "data-open"];
  for (const { name } of [...here.attributes])
    if (!names.includes(name)) now.setAttribute(name, here.getAttribute(name));
  patch(here, now);
}

async function over(here) {
  const fresh = (await fetched(here.dataset.self)).getElementById("card");
  if (!fresh || card() !== here) return;
  here.replaceWith(fresh);
  document.getElementById("announcer").textContent =
    fresh.querySelector(".ask-over")?.textContent ?? "";
}

async function refresh() {
  await Promise.all([queue() && list(), stand()]);
  document.dispatchEvent(new Event("patched"));
}

const ask = refetching("approvals", refresh, { every: 250 });
const look = refetching("card", stand, { every: 250 });

document.addEventListener("live:frame", ({ detail }) => newsworthy(detail) && ask());
document.addEventListener("live:gap", () => ask());
document.addEventListener("visibilitychange", () => document.hidden || ask());
setInterval(() => look(), LOOK);
look();
