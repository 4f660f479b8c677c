"""Agents as text: written in a fixed order, and read back through the admin's own form, each change
journalled with what was and what is.
"""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from console.journal import edits
from console.journal.records import Actor
from console.json_value import Json
from console.outside import confidential
from console.refused import Refused
from runs.agent_form import TIERS, AgentForm
from runs.models import Agent, McpServer
from runs.tools import registry

FORMAT = 1
SERVERS = "mcp_servers"
FIELDS = tuple(field.name for field in Agent._meta.concrete_fields if not field.primary_key)
TEXTS = ("description", "prompt", "script")
KNOWN = frozenset({*FIELDS, SERVERS})


@dataclass(frozen=True, slots=True)
class AgentChange:
    """What a file changes of one agent; `lines` are empty when nothing does."""

    name: str
    new: bool
    lines: tuple[str, ...]


def written(agents: Sequence[Agent]) -> str:
    """The file of these agents. Raises Refused for one whose address carries a secret."""
    entries = [entry(each) for each in agents]
    return json.dumps({"format": FORMAT, "agents": entries}, indent=2, ensure_ascii=False) + "\n"


def entry(agent: Agent) -> dict[str, Json]:
    if confidential.in_address(agent.base_url, agent.name):
        raise Refused(
            f"The base URL of {agent.name} carries a secret. Name a variable for it instead: a file"
            " of agents holds none."
        )
    facts = {name: plain(getattr(agent, name)) for name in FIELDS}
    servers: list[Json] = sorted(agent.mcp_servers.values_list("name", flat=True))
    return {**facts, SERVERS: servers}


def plain(value: Any) -> Json:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


def read(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries of a file. Raises Refused for one that is none, or names what nobody knows."""
    entries = found.get("agents")
    if found.get("format") != FORMAT or not isinstance(entries, list):
        raise Refused(f"This is no file of agents: it has no “format”: {FORMAT} and “agents”.")
    names = [each.get("name") if isinstance(each, dict) else None for each in entries]
    if not all(isinstance(name, str) and name for name in names):
        raise Refused("Each agent of the file needs its name.")
    if len({*names}) < len(names):
        raise Refused("An agent stands in the file twice.")
    for each in entries:
        if unknown := sorted(set(each) - KNOWN):
            raise Refused(f"{each['name']}: there is no such field as {', '.join(unknown[:5])}.")
    return entries


def apply(
    entries: Sequence[Mapping[str, Any]], *, actor: Actor, at: datetime, keep: bool
) -> list[AgentChange]:
    """Make the agents what the entries say; a field that one leaves out stays as it is. All of them
    or none. Without `keep` it is only tried.

    Raises Refused with everything that the admin's form would refuse.
    """
    with transaction.atomic():
        forms = [form_of(each) for each in entries]
        wrong = [line for form in forms if not form.is_valid() for line in refusals(form)]
        if wrong:
            raise Refused("\n".join(wrong))
        changes = [saved(form, actor, at) for form in forms]
        transaction.set_rollback(not keep)
    return changes


def form_of(wanted: Mapping[str, Any]) -> AgentForm:
    """The admin's form, filled as the entry says and otherwise as the agent is."""
    there = Agent.objects.filter(name=wanted["name"]).first()
    before = entry(there) if there else entry_of_new(str(wanted["name"]))
    form = AgentForm(filled({**before, **wanted}), instance=there)
    for name in TEXTS:
        # a file is meant to the last line break, which a browser's form is not
        form.fields[name].strip = False  # type: ignore[attr-defined]
    return form


def entry_of_new(name: str) -> dict[str, Json]:
    new = Agent(name=name, title=name)
    return {**{each: plain(getattr(new, each)) for each in FIELDS}, SERVERS: []}


def filled(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the form would be sent. It has fields of its own for tools and for models by tier."""
    tools, tiers = facts["tools"] or [], facts["tiers"] or {}
    if not isinstance(tools, list) or not isinstance(tiers, Mapping) or set(tiers) - set(TIERS):
        raise Refused(
            f"{facts['name']}: tools are a list, tiers an object with {' and '.join(TIERS)}."
        )
    declared = registry.discover()
    return {
        **{name: sent(value) for name, value in facts.items()},
        "ticked": [name for name in tools if name in declared],
        "patterns": " ".join(str(name) for name in tools if name not in declared),
        **{field: str(tiers.get(tier, "")) for tier, field in TIERS.items()},
        SERVERS: served(str(facts["name"]), facts[SERVERS]),
    }


def sent(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def served(agent: str, names: Any) -> list[int]:
    if not isinstance(names, list):
        raise Refused(f"{agent}: {SERVERS} is a list of names.")
    known = dict(McpServer.objects.filter(name__in=names).values_list("name", "pk"))
    if missing := [str(name) for name in names if name not in known]:
        raise Refused(f"{agent}: there is no MCP server {', '.join(missing)}.")
    return [known[name] for name in names]


def refusals(form: AgentForm) -> Iterator[str]:
    for name, sentences in form.errors.items():
        for sentence in sentences:
            yield f"{form.data['name']}: {name}: {sentence}"


def saved(form: AgentForm, actor: Actor, at: datetime) -> AgentChange:
    """Save it, and record what became of it as the admin does."""
    new, agent = not form.before, form.save()
    after = edits.stored_facts(agent)
    if form.before != after:
        edits.note(
            verb="added" if new else "changed",
            row=agent,
            before=form.before,
            after=after,
            actor=actor,
            at=at,
        )
    return AgentChange(agent.name, new, tuple(differences(form.before, after)))


def differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[str]:
    """Field by field, `max_usd: 1.5 → 99`; texts of several lines line by line. Of a new agent only
    what is said of it.
    """
    for name, value in after.items():
        was = before.get(name)
        if was == value or (not before and value in (None, "", [], {})):
            continue
        if any(isinstance(each, str) and "\n" in each for each in (was, value)):
            yield f"{name}:"
            yield from unified(str(was or ""), str(value or ""))
        else:
            yield f"{name}: {shown(was)} → {shown(value)}" if before else f"{name}: {shown(value)}"


def shown(value: Json) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def unified(was: str, now: str) -> Iterator[str]:
    lines = difflib.unified_diff(was.splitlines(), now.splitlines(), lineterm="", n=1)
    yield from (f"  {line}" for line in lines if not line.startswith(("---", "+++")))
