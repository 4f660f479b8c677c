// Ctrl-K: every place and act of this page, every page of the docs, or what was typed as a search.
// Without a script there is nothing to open: the same links stand in the rail and on the page.
const palette = document.getElementById("palette");
const field = palette?.querySelector("input");
const list = palette?.querySelector("ul");

const named = (link) => link.dataset.name ?? link.textContent.replace(/\s+/g, " ").trim();
const offered = () =>
  [...document.querySelectorAll(".rail a, :is(#halts, #content, header) a.button, #palette a")]
    .filter((link) => (link.offsetParent || palette.contains(link)) && named(link))
    .map((link) => [named(link), link]);

function fill() {
  const wanted = field.value.trim().toLowerCase();
  const found = offered().filter(([name]) => name.toLowerCase().includes(wanted));
  list.replaceChildren(
    ...found.slice(0, 12).map(([name, link]) => {
      const [row, button] = [document.createElement("li"), document.createElement("button")];
      Object.assign(button, { type: "button", className: "button plain", textContent: name });
      button.onclick = () => palette.close() ?? link.click();
      row.append(button);
      return row;
    }),
  );
  palette.querySelector("[data-none]").hidden = found.length > 0;
}

function walk(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const stops = [field, ...list.querySelectorAll("button")];
  if (!by) return;
  event.preventDefault();
  const next = stops.indexOf(document.activeElement) + by;
  stops[Math.min(Math.max(next, 0), stops.length - 1)].focus();
}

// Enter takes the first place that fits; where none does, the words are searched.
function take(event) {
  const first = list.querySelector("button");
  if (!first || !field.value.trim()) return;
  event.preventDefault();
  first.click();
}

if (palette) {
  field.addEventListener("input", fill);
  palette.addEventListener("keydown", walk);
  palette.querySelector("form").addEventListener("submit", take);
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (document.querySelector("dialog[open]")) return;
    field.value = "";
    fill();
    palette.showModal();
  });
}
