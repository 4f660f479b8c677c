// Times in the reader's own zone: "2026-11-20 15:47 UTC" is shown as "2026-11-20 16:47 CET" and
// still says the other when pointed at. What came from outside (bdi, pre, code, fields) is evidence
// and stays as it is; so does the audit, which quotes UTC, and tells local time when pointed at.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
document.cookie = `zone=${zone}; path=/; samesite=lax`; // what at:15:47 in a query means
const MONTHS =
  "January|February|March|April|May|June|July|August|September|October|November|December";
const NAMES = MONTHS.split("|");
const TIME = String.raw`(\d\d:\d\d(?::\d\d)?) UTC`;
const SAID = new RegExp(
  String.raw`(\d{4}-\d\d-\d\d) ${TIME}|\b${TIME}(?: on (\d{1,2}) (${MONTHS})(?: (\d{4}))?)?`,
  "g",
);
const VERBATIM = "bdi, pre, code, script, style, textarea, time, [contenteditable]";

function parts(at, fields) {
  const found = new Intl.DateTimeFormat("en-GB", fields).formatToParts(at);
  return Object.fromEntries(found.map(({ type, value }) => [type, value]));
}

const [two, zoned] = ["2-digit", { hourCycle: "h23", timeZoneName: "short" }];
const DAY = { year: "numeric", month: two, day: two };
const FIELDS = { ...DAY, hour: two, minute: two, second: two, ...zoned };
const dated = (local) => `${local.year}-${local.month}-${local.day}`;

// The moment that was written, and the same in this zone, in the form in which it was written.
function local([, date, time, hour, day, month, year]) {
  const today = new Date().toISOString().slice(0, 10);
  const number = String(NAMES.indexOf(month) + 1).padStart(2, "0");
  const spelt = day && `${year ?? today.slice(0, 4)}-${number}-${day.padStart(2, "0")}`;
  const at = new Date(`${date ?? spelt ?? today}T${time ?? hour}Z`);
  if (Number.isNaN(at.getTime())) return null;
  const here = parts(at, FIELDS);
  const clock = `${here.hour}:${here.minute}${(time ?? hour).length > 5 ? `:${here.second}` : ""}`;
  const said = `${clock} ${here.timeZoneName}`;
  if (date) return [at, `${dated(here)} ${said}`];
  const same = dated(here) === dated(parts(new Date(), FIELDS));
  const on = same ? "" : ` on ${Number(here.day)} ${NAMES[Number(here.month) - 1]}`;
  return [at, `${said}${on}${on && year ? ` ${here.year}` : ""}`];
}

// Nothing where what is written is no moment: it stays as it is.
function wrapped(match) {
  const found = local(match);
  if (!found) return null;
  const facts = { title: match[0], dateTime: found[0].toISOString(), textContent: found[1] };
  const time = Object.assign(document.createElement("time"), facts);
  time.dataset.zone = zone;
  return time;
}

function rewrite(text) {
  const whole = text.data;
  if (!whole.includes(" UTC") || text.parentElement?.closest(VERBATIM)) return;
  const pieces = [];
  let end = 0;
  for (const match of whole.matchAll(SAID)) {
    const time = wrapped(match);
    if (!time) continue;
    pieces.push(whole.slice(end, match.index), time);
    end = match.index + match[0].length;
  }
  if (end) text.replaceWith(...pieces, whole.slice(end));
}

function look(root) {
  if (root.nodeType === Node.TEXT_NODE) return rewrite(root);
  if (root.nodeType !== Node.ELEMENT_NODE) return;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  texts.forEach(rewrite);
  for (const time of root.querySelectorAll("time[data-clock]")) {
    time.title = `${time.dateTime.slice(11, 19)} UTC`;
    const here = parts(new Date(time.dateTime), FIELDS);
    time.textContent = `${here.hour}:${here.minute}:${here.second}`;
  }
  for (const time of root.querySelectorAll("time[datetime]:not([data-tick], [title])"))
    time.title = new Date(time.dateTime).toLocaleString("en-GB", { ...FIELDS, timeZone: zone });
}

if (new Date().getTimezoneOffset() || zone !== "UTC") {
  look(document.body);
  new MutationObserver((changes) => {
    for (const { target, type, addedNodes } of changes)
      if (type === "characterData") rewrite(target);
      else addedNodes.forEach(look);
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}
