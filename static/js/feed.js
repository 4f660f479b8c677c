// The health of the live feed, in words, from the `live:state` events of the connection.
const feed = document.getElementById("feed");
const WORDS = {
  connected: ["Live", "Changes appear by themselves"],
  reconnecting: ["Reconnecting…", "The connection was lost; what is on screen may be old"],
  stale: ["Stale", "Nothing has been heard for a while; what is on screen may be old"],
  paused: ["Resting", "The page was not looked at for a while"],
  signed_out: ["Signed out", "Sign in again to see changes"],
  forbidden: ["No live feed", "You may not see runs"],
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

// A hiccup of a second is nobody's concern.
let since = 0;
function heard({ detail }) {
  if (detail.state === "connected") since = 0;
  else since ||= performance.now();
  if (!since || performance.now() - since > 1200) show(detail);
}

if (feed) document.addEventListener("live:state", heard);
