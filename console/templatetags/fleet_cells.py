"""The rows of the fleet as HTML, for a page's first look and for whatever draws one again. A page
has fifty of them: put together by a template they would take most of its time.
"""

import functools
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from console.templatetags import meter_drawing, pieces
from runs.reading.fleet_rows import FleetRow, Now, place_address
from runs.reading.pills import Pill
from runs.search.found_places import FoundPlace

register = template.Library()
LEFT = '<span class="under">no longer in this list</span>'
NOTHING = '<span class="quiet" aria-label="nothing">—</span>'


@dataclass(frozen=True, slots=True)
class RowsLook:
    """How rows are shown: in which columns beside those that each has, to somebody who `operates`,
    with which have `left` the list, what was found in each, and which words are marked.
    """

    columns: Sequence[str]
    operates: bool
    left: Collection[str]
    found: Mapping[str, FoundPlace]
    words: re.Pattern[str] | None


@register.simple_tag(takes_context=True)
def fleet_rows(context: dict[str, Any]) -> SafeString:
    """The rows of the page, each a `tr`."""
    box = context.get("box")
    look = RowsLook(
        [column.name for column in context["columns"]],
        bool(context.get("operates")),
        context.get("left") or (),
        context.get("found") or {},
        pieces.wanted(box.words if box else ()),
    )
    return SafeString("\n".join([drawn(row, look) for row in context["rows"]]))


def drawn(row: FleetRow, look: RowsLook) -> str:
    key, left = row.id, row.id in look.left
    marks = f"{' data-queued' if row.queued else ''}{' data-left' if left else ''}"
    cells = "".join([CELLS[name](row) for name in look.columns])
    return (
        f'<tr id="run-{key}" data-row data-run="{key}" data-seq="{row.seq}"'
        f' data-began="{row.age_since}"{marks}>\n'
        f"{pick(row) if look.operates else ''}"
        f'<td class="c-status" data-cell="status" data-breathes>{status(row.pill)}'
        f"{LEFT if left else ''}</td>\n"
        f'<td class="c-goal" data-cell="goal">{goal(row, look)}'
        f"{by_key(row)}</td>\n"
        f"{cells}</tr>"
    )


def step(row: FleetRow) -> str:
    return (
        f'<td class="num c-step" data-cell="step" data-breathes>{row.step}'
        f'<span class="under">{row.steps_left}</span></td>\n'
    )


def now(row: FleetRow) -> str:
    return f'<td class="c-now" data-cell="now">{at_present(row.now)}</td>\n'


def cost(row: FleetRow) -> str:
    return f'<td class="c-cost" data-cell="cost">{meter_drawing.meter(row.cost)}</td>\n'


def tokens(row: FleetRow) -> str:
    return (
        f'<td class="num c-tokens" data-cell="tokens" data-breathes>{row.tokens}'
        f'<span class="under">{row.tokens_limit}</span></td>\n'
    )


def age(row: FleetRow) -> str:
    return (
        f'<td class="num c-age" data-cell="age" title="{row.started}">'
        f"{pieces.ticking('clock', row.age_since, row.age)}</td>\n"
    )


def started(row: FleetRow) -> str:
    return f'<td class="c-started" data-cell="started">{row.began}</td>\n'


def ended(row: FleetRow) -> str:
    return f'<td class="c-ended" data-cell="ended">{row.ended}</td>\n'


CELLS: Mapping[str, Callable[[FleetRow], str]] = {
    "step": step,
    "now": now,
    "cost": cost,
    "tokens": tokens,
    "age": age,
    "started": started,
    "ended": ended,
}
"""What each column beside status and goal holds."""


def pick(row: FleetRow) -> str:
    return (
        f'<td class="c-pick"><input type="checkbox" name="run" value="{row.id}" form="many"'
        f' aria-label="Pick {row.short}"></td>'
    )


@functools.lru_cache(maxsize=512)
def status(pill: Pill) -> str:
    """There are a few dozen of them."""
    return render_to_string("partials/_pill.html", {"pill": pill}).strip()


def goal(row: FleetRow, look: RowsLook) -> str:
    spot = look.found.get(row.id)
    tag = f'<span class="tag">{escape(row.mark)}</span> ' if row.mark else ""
    return (
        f'<a dir="auto" class="row-link clip" href="{row.url}">'
        f"{pieces.marked_by(look.words, row.goal)}</a>"
        f'<span class="under clip">{tag}{pieces.isolated(row.agent)} ·'
        f" <code>{pieces.marked_by(look.words, row.short)}</code> · {pieces.isolated(row.who)}"
        f"{place(row, spot, look) if spot else ''}</span>"
    )


def place(row: FleetRow, spot: FoundPlace, look: RowsLook) -> str:
    """Where the words were found in it."""
    step = f"step {spot.step}, " if spot.step else ""
    return (
        f' · <a href="{place_address(row.id, spot.seq)}">'
        f"{step}{pieces.isolated(spot.what)}</a>"
        f' <span dir="auto">{pieces.marked_by(look.words, spot.said)}</span>'
    )


def at_present(now: Now) -> str:
    """What it is doing, or why it does nothing."""
    if not now.words:
        return NOTHING
    since = pieces.ticking(now.tick, now.since, now.text) if now.tick else ""
    ago = " ago" if now.ago else ""
    under = f'<span class="under">{since}{ago} <bdi data-progress></bdi></span>' if now.tick else ""
    return f"{doing(now)}{under}"


def doing(now: Now) -> str:
    said, title = pieces.isolated(now.words), escape(now.words)
    if now.url:
        return f'<a class="now-asks" href="{escape(now.url)}" title="{title}">{said}</a>'
    if now.tool:
        return f'<code class="clip">{said}</code>'
    if now.tick == "left":
        return f'<span class="quiet">{said}</span>'
    style = "clip now-line-words" if now.tick and not now.ago else "now-words"
    return f'<span class="quiet {style}" title="{title}">{said}</span>'


def by_key(row: FleetRow) -> str:
    """What a key does with the run of the row."""
    found = (
        f'<a class="sr" tabindex="-1" data-key="o" href="{row.peek}" hx-get="{row.peek}"'
        ' hx-target="#dialog-slot">Peek</a>'
    )
    if row.kill:
        found += (
            f'<a class="sr" tabindex="-1" data-key="x" href="{row.kill}" hx-get="{row.kill}"'
            ' hx-target="#dialog-slot">Kill</a>'
        )
    if url := row.pause or row.resume:
        found += (
            f'<button class="sr" type="button" tabindex="-1" data-key="p" hx-post="{url}"'
            f' hx-swap="none">{"Pause" if row.pause else "Resume"}</button>'
        )
    return found
