// Parts of a page fetched anew. What was asked for stays asked for until its answer is on the page:
// a failure keeps it, says so (live:part {part, since}; since is 0 once all is well again), and
// asks again, slower each time and at once when the feed is back.
import { throttled } from "./cells.js";

const PATIENCE = 10_000;
const SLOWEST = 20_000;
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

export class Unanswered extends Error {}

// The answer as {status, text}, if it is one. Whoever was signed out meanwhile is never shown the
// door as a part of the page.
export async function fetched(url) {
  try {
    const answer = await fetch(url, {
      headers: { "X-Requested-With": "fetch" },
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.status === 401) tell("live:signed-out");
    if (!answer.ok || answer.redirected) throw new Unanswered(`answered ${answer.status}`);
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    throw error instanceof Unanswered ? error : new Unanswered(String(error));
  }
}

export const textOf = async (url) => (await fetched(url)).text;

// `work(ids)` fetches and places; it is called with at most `most` ids at a time, every `every`
// milliseconds at most, which may be a function of how long it took before.
export function refetching(part, work, { every, most = Infinity }) {
  const wanted = new Set();
  let [failures, since, timer, connected] = [0, 0, 0, true];

  async function round() {
    const ids = [...wanted].slice(0, most);
    for (const id of ids) wanted.delete(id);
    clearTimeout(timer);
    try {
      await work(ids);
      if (since) tell("live:part", { part, since: 0 });
      [failures, since] = [0, 0];
    } catch (error) {
      for (const id of ids) wanted.add(id);
      if (!(error instanceof Unanswered)) throw error;
      return failed();
    }
    if (wanted.size) ask();
  }

  function failed() {
    since ||= Date.now();
    tell("live:part", { part, since });
    timer = setTimeout(ask, Math.min(SLOWEST, 1000 * 2 ** failures) * (0.8 + Math.random() * 0.4));
    failures += 1;
  }

  const ask = throttled(round, typeof every === "function" ? every : () => every);
  document.addEventListener("live:state", ({ detail }) => {
    const back = detail.state === "connected" && !connected;
    connected = detail.state === "connected";
    if (back && since) ask();
  });
  return (...ids) => {
    for (const id of ids) wanted.add(id);
    if (!since) ask();
  };
}
