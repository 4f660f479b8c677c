// How far the page has read of each run: frames that are older are dropped, what lies between is
// announced as a gap.
// <tr data-run="ID" data-seq="12"> says how far an element has read. Tells the page:
//   live:frame  the latest state of a run
//   live:gap    {why, runs}: fetch these again, all of them when runs is null
//   live:ended  {run}: the server says it is over; nothing else does
const seen = new Map();
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

// What the page's elements say, unless frames have said more since.
export function read() {
  for (const { dataset } of document.querySelectorAll("[data-run][data-seq]")) {
    const seq = Number(dataset.seq);
    if (!(seen.get(dataset.run)?.seq >= seq)) seen.set(dataset.run, { seq, at: "" });
  }
  return Object.fromEntries([...seen].slice(-1000).map(([run, { seq }]) => [run, seq]));
}

export function take(frame) {
  const known = seen.get(frame.run);
  if (known && (frame.seq < known.seq || (frame.seq === known.seq && frame.at < known.at))) return;
  seen.delete(frame.run);
  seen.set(frame.run, { seq: frame.seq, at: frame.at });
  if (known && frame.from > known.seq + 1) gap("frames were missed", [frame.run]);
  tell("live:frame", frame);
  if (frame.state.ended_at) tell("live:ended", { run: frame.run });
}

export function behind(heads) {
  const news = heads.filter(({ run, seq }) => seq > (seen.get(run)?.seq ?? 0));
  for (const { run, seq } of news) seen.set(run, { seq, at: "" });
  const runs = news.map(({ run }) => run);
  if (runs.length) gap("events were missed", runs);
}

export function gap(why, runs) {
  if (!runs) seen.clear();
  tell("live:gap", { why, runs });
}
