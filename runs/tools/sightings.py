"""What workers see of the definitions of MCP tools, kept where all see it: first sight is taken as
it is, whatever changes or comes later is held until somebody has looked at it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from console.journal import append, database_clock
from console.journal.records import Actor
from console.outside import visible
from runs.models import McpServer, ServedTool
from runs.tools.definitions import Definition

WORKER = "supervisor"
FRESH = timedelta(minutes=1)
HELD = (
    "{tool} is held: its server {what} on {when:%Y-%m-%d at %H:%M} UTC, and nobody has looked at"
    " that yet (Tools page). Until then it is not permitted to be called."
)
LEFT_OUT = "{tool} is left out: {who} said that no run is offered it (Tools page)."


def seen(
    server: str, offered: Iterable[Definition], left_out: Sequence[str] = ()
) -> dict[str, str]:
    """Note what a server offers now; the sentences of those tools that may not be called, by name.

    A server that the house does not know (any more) has nothing held.
    """
    now = {each.name: each for each in offered}
    with transaction.atomic():
        known = McpServer.objects.select_for_update(no_key=True).filter(name=server).first()
        if known is None:
            return {}
        rows = {row.name: row for row in known.served.all()}
        at = database_clock.now()
        trusted = known.trust_changes or not rows
        news = [
            note
            for name, each in now.items()
            if (note := noted(known, rows.get(name), each, at, trusted=trusted))
        ]
        for row in rows.values():
            if row.gone != (row.name not in now):
                ServedTool.objects.filter(pk=row.pk).update(gone=row.name not in now)
        for kind, facts in news:
            append.note(kind=kind, actor=WORKER, at=at, data=facts)
        reached(known, "", left_out, at)
    return held(server)


def unreached(server: str, why: str) -> None:
    """Note why a server gave no list of its tools; what it offered before stays on record."""
    with transaction.atomic():
        if (known := McpServer.objects.filter(name=server).first()) is not None:
            reached(known, why, known.left_out, database_clock.now())


def reached(known: McpServer, trouble: str, left_out: Sequence[str], at: datetime) -> None:
    """How it was when it was last asked, for every page that speaks of it. No row is written while
    that stays so, but once in a while, so that runs that begin together do not wait for each other.
    """
    same = (known.trouble, list(known.left_out)) == (trouble, list(left_out))
    if same and known.tried_at and at - known.tried_at < FRESH:
        return
    facts = {"trouble": trouble, "left_out": list(left_out), "tried_at": at}
    McpServer.objects.filter(pk=known.pk).update(**facts)


def held(server: str) -> dict[str, str]:
    """The sentences of those tools of a server that may not be called now."""
    rows = ServedTool.objects.filter(server__name=server, gone=False).select_related("server")
    return {row.name: sentence(row) for row in rows if row.withheld}


def sentence(row: ServedTool) -> str:
    """Why no run may call it, for people and planners."""
    if row.left_out_by:
        who = Actor(row.left_out_by).label
        return LEFT_OUT.format(tool=visible.line(str(row)), who=who)
    what = "changed it" if row.accepted_digest else "added it"
    return HELD.format(tool=visible.line(str(row)), what=what, when=row.changed_at)


def noted(
    server: McpServer, row: ServedTool | None, now: Definition, at: datetime, *, trusted: bool
) -> tuple[str, Mapping[str, str]] | None:
    """Keep it; what the journal is told when it is new or has changed."""
    digest = now.digest
    if row is not None and row.digest == digest:
        return None
    taken = {"accepted_digest": digest, "accepted": now.kept()} if trusted else {}
    facts = {"digest": digest, "definition": now.kept(), "changed_at": at, "gone": False, **taken}
    ServedTool.objects.update_or_create(
        server=server,
        name=now.name,
        defaults=facts,
        create_defaults={**facts, "first_seen_at": at},
    )
    kind = "tool.seen" if row is None else "tool.changed"
    was = "" if row is None else row.digest
    return kind, {
        "tool": f"{server.name}.{now.name}",
        "digest": digest,
        "was": was,
        "held": "" if trusted or (row and row.accepted_digest == digest) else "held",
    }
