// The board of a fire drill, fetched again whenever one of its runs moves; it stands still once the
// drill is over.
import "./console.js";
import { parse, patch } from "./cells.js";
import { refetching, textOf } from "./refetch.js";

const board = () => document.getElementById("board");
const over = () => "over" in board().dataset;

// Runs that are started later are watched from a page that names them.
async function look() {
  const fresh = parse(await textOf(board().dataset.from)).getElementById("board");
  if (fresh.dataset.topics !== board().dataset.topics) return location.reload();
  patch(board(), fresh);
  document.dispatchEvent(new Event("patched"));
}

const ask = refetching("drill", look, { every: 500 });
document.addEventListener("live:frame", () => over() || ask());
document.addEventListener("live:gap", () => over() || ask());
setInterval(() => over() || document.hidden || ask(), 2000);
