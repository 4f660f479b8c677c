"""What workers see of the definitions of MCP tools, kept where all see it: first sight is taken as
it is, whatever changes or comes later is held until somebody has looked at it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from console.journal import append, database_clock
from console.outside import visible
from runs.models import McpServer, ServedTool
from runs.tools.definitions import Definition

WORKER = "supervisor"
HELD = (
    "{tool} is held: its server {what} on {when:%Y-%m-%d at %H:%M} UTC, and nobody has looked at"
    " that yet (Tools page). Until then it is not permitted to be called."
)


def seen(server: str, offered: Iterable[Definition]) -> dict[str, str]:
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
    return held(server)


def held(server: str) -> dict[str, str]:
    """The sentences of those tools of a server that may not be called now."""
    rows = ServedTool.objects.filter(server__name=server, gone=False).select_related("server")
    return {row.name: sentence(row) for row in rows if row.held}


def sentence(row: ServedTool) -> str:
    """Why it is held, for people and planners."""
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
