"""The small pieces every page is made of: icons, ticking times, the rail.

Markup only; one query, for what needs a person.
"""

import functools
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from django import template
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from approvals.rules.headlines import Piece
from approvals.selectors import queue
from console.docs import contents
from console.journal import database_clock
from console.live import frames
from console.outside import visible
from runs.insights import insight_figures

register = template.Library()


FOUND = (
    "Finds an id or how it begins, a tool's own id, words of goals and, as far as you may read"
    " them, of arguments, results and answers; or a query such as"
    " status:failed agent:refund-desk age<1h."
)
TOASTS = {
    "error": ("tone-bad", "octagon-alert"),
    "success": ("tone-running", "circle-check"),
    "warning": ("tone-person", "triangle-alert"),
}
KEYS = {"fleet": "f", "approvals:queue": "q", "audit": "a", "policies": "p", "health": "h"}
OF_RUNS = ("/runs/", "/fleet/", "/views/", "/bulk/")
IN_ADMIN = {
    "admin:runs_agent_changelist": "/admin/runs/agent/",
    "runs:tools": "/admin/runs/mcpserver/",
    "policies": "/admin/policies/",
}
"""Where forms of the admin belong to a place of the rail; all others to the admin's own."""


@register.simple_tag
def news() -> str:
    """Prefixes of the kinds of events that may change what needs a person, for the page's
    scripts.
    """
    return " ".join(frames.ASKING)


@register.simple_tag
def demo() -> bool:
    """Whether what is seen here is the invented company's."""
    return settings.DEMO


@register.simple_tag
def what_is_found() -> str:
    """What the search in the frame searches."""
    return FOUND


# a page has hundreds, of a few dozen kinds; their address is the process's own
@register.simple_tag
@functools.lru_cache(maxsize=256)
def icon(name: str, classes: str = "") -> SafeString:
    """An icon of the sprite; decoration only, so the words beside it must say it too."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"/></svg>',
        classes,
        static("icons.svg"),
        name,
    )


@register.filter
def leads_to(figure: str, url: str) -> SafeString | str:
    """The figure as a link to what is behind it, where there is something."""
    if not url or figure == insight_figures.NOTHING:
        return figure
    return format_html('<a href="{}">{}</a>', url, figure)


@register.filter
def as_json(value: object) -> str:
    """The value as JSON, for an attribute that a script reads."""
    return json.dumps(value)


@register.filter
def bdi(value: object) -> SafeString:
    """Somebody else's words, isolated so that their direction moves nothing around them; an address
    of mixed scripts is remarked on.
    """
    return SafeString(isolated("" if value is None else str(value)))


def isolated(words: str) -> str:
    """Somebody else's words, as `bdi` shows them."""
    return f"<bdi>{escape(visible.remarked(words))}</bdi>" if words else ""


@register.filter
def told(message: object) -> SafeString:
    """What a toast says; a message that was written as markup, for its links, keeps it."""
    words = str(message)
    return SafeString(f"<bdi>{words}</bdi>") if isinstance(words, SafeString) else bdi(words)


@register.filter
def toast_look(level: str) -> tuple[str, str]:
    """The class and the icon of a toast, from the level of its message."""
    return TOASTS.get(level, ("", "message-square"))


@register.simple_tag
def headline(pieces: Iterable[Piece]) -> SafeString:
    """What a request would do, in a row; what must be looked at twice is strong."""
    return format_html_join(
        "",
        "{}",
        (
            (
                format_html("<strong>{}</strong>", bdi(each.words))
                if each.strong
                else bdi(each.words),
            )
            for each in pieces
        ),
    )


@register.filter
def remarked(value: object) -> str:
    """The words with what is hidden in them marked,
    for an element that has a direction of its own already."""
    return visible.remarked(str(value))


@register.simple_tag(takes_context=True)
def marked(context: dict[str, Any], value: object) -> SafeString:
    """The text with what is hidden in it written out, and each word that the page's box searches
    for marked.
    """
    box = context.get("box")
    return marked_by(wanted(box.words if box else ()), str(value))


def wanted(words: Sequence[str]) -> re.Pattern[str] | None:
    """What marks each of these words; None where there are none."""
    found = "|".join(re.escape(visible.remarked(word)) for word in words)
    return re.compile(f"({found})", re.IGNORECASE) if found else None


def marked_by(words: re.Pattern[str] | None, text: str) -> SafeString:
    said = visible.remarked(text)
    parts = words.split(said) if words else [said]
    told = (f"<mark>{escape(part)}</mark>" if at % 2 else escape(part)
            for at, part in enumerate(parts))  # fmt: skip
    return SafeString("".join(told))


@register.filter
def unseen(value: object) -> bool:
    """Whether a text holds characters that the page can only write out."""
    return visible.differs(str(value))


@register.filter
def strangers(value: object) -> str:
    """The scripts that an address or a name in the text mixes with Latin letters, in words."""
    return " and ".join(
        dict.fromkeys(name for word in str(value).split() for name in visible.strangers(word))
    )


@register.simple_tag
def ticking(kind: str, iso: str, text: str) -> SafeString:
    """A time that the browser keeps counting: `clock` and `span` up, `left` down.

    Without JavaScript it stands still.
    """
    said = escape(text)
    time = f'<time datetime="{escape(iso)}" data-tick="{kind}">{said}</time>'
    return SafeString(time if iso else said)


@register.simple_tag
def server_time() -> str:
    """What the browser's clock is corrected by."""
    return database_clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class RailPlace:
    """One link of the rail. After `g`, `key` goes there."""

    word: str
    icon: str
    url: str
    here: bool = False
    count: int = 0
    key: str = ""


@register.simple_tag
@functools.lru_cache(maxsize=512)
def rail_link(place: RailPlace, *, again: bool = False) -> SafeString:
    """One link of the rail, or the same `again` in its menu: each page has a dozen, and they are
    the same from page to page.
    """
    return render_to_string("partials/_place.html", {"place": place, "again": again})


@register.simple_tag
@functools.cache
def docs_links() -> SafeString:
    """Links to the pages under Docs, which the palette finds by title and by what they are about:
    the same on every page.
    """
    return format_html_join(
        "\n",
        '<a href="{}">Docs: {}, {}</a>',
        ((reverse("docs_page", args=[each.slug]), each.title, each.about)
         for each in contents.PAGES),
    )  # fmt: skip


@register.simple_tag
@functools.lru_cache(maxsize=32)
def examples(fields: tuple[tuple[str, str], ...]) -> SafeString:
    """What a box can be asked, an example of each field with its meaning."""
    return format_html_join("", "<dt>{}</dt><dd>{}</dd>", fields)


@functools.cache
def address(name: str) -> str:
    """The address of a place of the rail, the same on every page."""
    return reverse(name)


@register.simple_tag(takes_context=True)
def rail(context: dict[str, Any]) -> list[RailPlace]:
    """Where this reader may go. A place that does not exist, or is not theirs, is not shown."""
    request: HttpRequest = context["request"]
    places = [("Fleet", "train-track", "fleet")]
    counts: dict[str, int] = {}
    if isinstance(request.user, User) and request.user.has_perm("approvals.view_request"):
        places.append(("Approvals", "hand", "approvals:queue"))
        counts["approvals:queue"] = queue.needs_action(request.user)
    if request.user.has_perm("journal.search_audit"):
        places.append(("Audit", "scan-search", "audit"))
    if request.user.has_perm("runs.view_run"):
        places.append(("Insights", "chart-line", "insights"))
    if staff(request.user):
        places.append(("Agents", "bot", "admin:runs_agent_changelist"))
    if request.user.has_perm("journal.view_user_hidden"):
        places.append(("Tools", "wrench", "runs:tools"))
        places.append(("Policies", "shield", "policies"))
    if request.user.has_perms(("runs.view_run", "runs.change_agent")):
        places.append(("Drills", "flame", "drills"))
    places.append(("Health", "heart-pulse", "health"))
    if getattr(request.user, "is_staff", False):
        places.append(("Admin", "sliders-horizontal", "admin:index"))
    here = next((name for _, _, name in places if within(request.path, name)), "")
    return [
        RailPlace(word, icon, address(name), name == here, counts.get(name, 0), KEYS.get(name, ""))
        for word, icon, name in places
    ]


def staff(user: AbstractBaseUser | AnonymousUser) -> bool:
    return isinstance(user, User) and user.is_staff and user.has_perm("runs.view_agent")


def within(path: str, name: str) -> bool:
    """Whether the page at this path belongs to that place. What is of runs belongs to the fleet,
    which has the shortest address of all.
    """
    if name == "fleet":
        return path == "/" or path.startswith(OF_RUNS)
    return path.startswith((address(name), *filter(None, [IN_ADMIN.get(name)])))


@register.simple_tag(takes_context=True)
def role(context: dict[str, Any]) -> str:
    """What this person may do, in one word: their highest group."""
    user = context["request"].user
    if user.is_superuser or user.has_perm("runs.change_agent"):
        return "admin"
    held = [
        ("operator", "runs.operate_run"),
        ("auditor", "journal.view_always_hidden"),
        ("approver", "journal.view_user_hidden"),
    ]
    return next((word for word, permission in held if user.has_perm(permission)), "viewer")
