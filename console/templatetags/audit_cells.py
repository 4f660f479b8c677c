"""Events of the journal as HTML: the rows of the audit page, and one event in full. A page has
fifty rows: put together by a template they would take most of its time.
"""

import functools
import re
from collections.abc import Iterable
from html import escape
from typing import Any
from urllib.parse import quote

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from console.pages.audit_lines import AuditLine, HiddenEvents
from console.pages.time_brush import TimeBrush
from console.templatetags import pieces
from runs.reading.fleet_rows import NOBODY

register = template.Library()
Words = re.Pattern[str] | None


@register.simple_tag(takes_context=True)
def audit_rows(context: dict[str, Any], lines: Iterable[AuditLine | HiddenEvents]) -> SafeString:
    """The rows of the page, each a `tr`: an event, or how many are hidden in its place."""
    words = wanted(context)
    drawn = [
        row(line, words) if isinstance(line, AuditLine) else gap(line, context) for line in lines
    ]
    return SafeString("\n".join(drawn))


@register.simple_tag
def brush_bars(brush: TimeBrush) -> SafeString:
    """The bars over time, each a link to the query for its stretch."""
    audit, width = reverse("audit"), brush.width
    return SafeString(
        "\n".join(
            [
                f'<a href="{audit}?q={quote(bar.query)}" aria-label="{bar.words}">'
                f'<rect class="brush-all" x="{bar.x}" width="{width}" y="0" height="40"/>'
                f'<rect class="strip-bar" x="{bar.x}" width="{width}"'
                f' y="{bar.y}" height="{bar.height}"/>'
                f"<title>{bar.words}</title></a>"
                for bar in brush.bars
            ]
        )
    )


@register.simple_tag(takes_context=True)
def event_detail(context: dict[str, Any], line: AuditLine) -> SafeString:
    """All of an event but the values that are kept apart from it."""
    return SafeString(detail(line, wanted(context)))


def wanted(context: dict[str, Any]) -> Words:
    box = context.get("box")
    return pieces.wanted(box.words if box else ())


def gap(hidden: HiddenEvents, context: dict[str, Any]) -> str:
    facts = {"line": hidden, "csrf_token": context.get("csrf_token")}
    return render_to_string("audit/_gap.html", facts)


def row(line: AuditLine, words: Words) -> str:
    tool = f'<small class="mono">{pieces.marked_by(words, line.tool)}</small>' if line.tool else ""
    run = (
        f'<a class="mono" href="{of_run(line.run)}">{line.run_short}</a>'
        if line.run
        else '<span class="quiet">the house</span>'
    )
    return (
        f'<tr id="event-{line.id}">\n'
        f'<td><a class="row-link mono" href="{of_event(line.id)}">'
        f'<time datetime="{line.iso}">{line.time}</time></a> <small>{line.day}</small></td>\n'
        f"<td>{pieces.isolated(line.who)}</td>\n"
        f"<td><code>{escape(line.kind)}</code>{tool}</td>\n"
        f'<td class="num">{line.step}</td>\n'
        f'<td class="audit-content"><details dir="auto"><summary>{said(line, words)}</summary>\n'
        f"{detail(line, words)}{apart(line)}</details></td>\n"
        f"<td>{run}</td>\n<td>{correlated(line, line.correlation_short)}</td>\n</tr>"
    )


def said(line: AuditLine, words: Words) -> str:
    tone = "bad" if line.bad else "quiet"
    outcome = f'<span class="{tone}">{escape(line.outcome)}</span> ' if line.outcome else ""
    return f"{outcome}{pieces.marked_by(words, line.said or 'details')}"


def correlated(line: AuditLine, shown: str) -> str:
    if not line.correlation:
        return ""
    address = f"{searched()}?q=correlation%3A{line.correlation}"
    return f'<a class="mono" href="{address}">{shown}</a>'


def detail(line: AuditLine, words: Words) -> str:
    facts = [f"<dt>{label}</dt><dd>{pieces.isolated(value)}</dd>" for label, value in line.facts]
    if line.run:
        link = f'<a class="mono" href="{of_run(line.run)}">{line.run}</a>'
        facts.append(f"<dt>Run</dt><dd>{link}</dd>")
    if line.correlation:
        facts.append(f"<dt>Correlation</dt><dd>{correlated(line, line.correlation)}</dd>")
    return f'<dl class="facts">\n{"".join(facts)}</dl>\n{acts(line)}\n{content(line, words)}'


def acts(line: AuditLine) -> str:
    """Where one goes from an event."""
    found = []
    if line.run:
        found.append(button(of_place(line.run, line.seq), "footprints", "In its run"))
    found.append(button(f"{searched()}?q=at%3A{line.minute}~5m", "clock", "Around this"))
    if line.content:
        copied = f'<button class="button small" type="button" data-copy="{escape(line.content)}">'
        found.append(f"{copied}{pieces.icon('copy')} Copy JSON</button>")
    return f'<p class="actions">{" ".join(found)}</p>'


def button(url: str, icon: str, words: str) -> str:
    return f'<a class="button small" href="{url}">{pieces.icon(icon)} {words}</a>'


def content(line: AuditLine, words: Words) -> str:
    data = pieces.marked_by(words, line.content)
    shown = f'<pre class="audit-data">{data}</pre>' if line.content else ""
    more = f'<p><a href="{of_event(line.id)}">All of it</a></p>' if line.more else ""
    return f"{shown}{more}"


def apart(line: AuditLine) -> str:
    """The values that are kept apart from it, each to be downloaded."""
    return "".join(
        f'<p><a href="{reverse("audit_value", args=[line.id, key])}" download>'
        f"Download {escape(key)} ({size})</a></p>"
        for key, size in line.apart
    )


@functools.cache
def searched() -> str:
    return reverse("audit")


@functools.cache
def pattern(name: str, *zeros: object) -> str:
    """The address of what is numbered nought: looking one up for each of fifty rows takes longer
    than to write them.
    """
    return reverse(name, args=zeros)


def of_run(key: str) -> str:
    return pattern("runs:run", NOBODY).replace(NOBODY, key)


def of_place(run: str, seq: int) -> str:
    found = pattern("runs:place", NOBODY, 0).replace("/0/", f"/{seq}/")
    return found.replace(NOBODY, run)


def of_event(number: int) -> str:
    return pattern("audit_event", 0).replace("/0/", f"/{number}/")
