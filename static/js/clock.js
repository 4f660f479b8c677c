// Times that tick: <time datetime data-tick="clock|span|left">. Four times a second, in the browser
// only; the data does not move.
const meta = document.querySelector('meta[name="server-time"]');
const ahead = meta ? Date.parse(meta.content) - (performance.timeOrigin + performance.now()) : 0;

const two = (number) => String(number).padStart(2, "0");

function clock(seconds) {
  const whole = Math.max(Math.floor(seconds), 0);
  if (whole >= 86400)
    return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function span(seconds) {
  if (seconds < 10) return `${Math.max(seconds, 0).toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

const MANY = 30;
let beats = 0;
const read = {
  clock: (at, now) => clock((now - at) / 1000),
  span: (at, now) => span((now - at) / 1000),
  left: (at, now) => clock((at - now) / 1000),
};

function tick() {
  // a counter that runs on would claim to know
  if (document.hidden || "stale" in document.body.dataset) return;
  const now = Date.now() + skew;
  const times = document.querySelectorAll("time[data-tick]:not([data-still] time)");
  // where many tick, once a second is enough to see that they do
  if (times.length > MANY && (beats = (beats + 1) % 4)) return;
  for (const time of times) {
    const text = read[time.dataset.tick](Date.parse(time.dateTime), now);
    if (time.textContent !== text) time.textContent = text;
  }
}

// Half a second of rendering and transport is no skew; a clock that is minutes off is.
const skew = Math.abs(ahead) > 1500 ? ahead : 0;
tick();
setInterval(tick, 250);
document.addEventListener("visibilitychange", tick);
document.addEventListener("patched", tick);
