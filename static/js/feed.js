// The health of the live feed, in words, from the `live:state` events of the connection.
const feed = document.getElementById("feed");
const WORDS = {
  connected: ["Live", "Changes appear by themselves"],
  reconnecting: ["Reconnecting…", "The connection was lost; what is on screen may be old"],
  stale: ["Stale", "Nothing has been heard for a while; reload to be sure"],
};

function show({ state, age }) {
  const [word, title] = WORDS[state] ?? [state, ""];
  const small = document.createElement("small");
  small.textContent = typeof age === "number" ? `${age.toFixed(age < 10 ? 1 : 0)} s` : "";
  feed.hidden = false;
  feed.title = title;
  if (feed.dataset.state === state) return feed.querySelector("small")?.replaceWith(small);
  feed.dataset.state = state;
  feed.replaceChildren(word, " ", small);
}

if (feed) document.addEventListener("live:state", (event) => show(event.detail));
