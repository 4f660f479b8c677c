"""Agents as text: which fields a file has, and how the admin's form is filled by it."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from console import row_files
from console.form_rows.rows_field import RowsField
from console.json_value import Json
from console.outside import confidential
from console.refused import Refused
from console.row_files import Entry
from runs.agent_form import TIERS, AgentForm
from runs.models import Agent, McpServer
from runs.tools import registry

WHAT = "agents"
SERVERS = "mcp_servers"
FIELDS = tuple(field.name for field in Agent._meta.concrete_fields if not field.primary_key)
TEXTS = ("description", "prompt", "script")
KNOWN = frozenset({*FIELDS, SERVERS})
ROWS = {name: each for name, each in AgentForm.base_fields.items() if isinstance(each, RowsField)}


def written(agents: Sequence[Agent]) -> str:
    """The file of these agents. Raises Refused for one whose address carries a secret."""
    return row_files.written(WHAT, [entry(each) for each in agents])


def entry(agent: Agent) -> dict[str, Json]:
    if confidential.in_address(agent.base_url, agent.name):
        raise Refused(
            f"The base URL of {agent.name} carries a secret. Name a variable for it instead: a file"
            " of agents holds none."
        )
    servers: list[Json] = (
        sorted(agent.mcp_servers.values_list("name", flat=True)) if agent.pk else []
    )
    return {**row_files.facts(agent, FIELDS), SERVERS: servers}


def form_of(wanted: Entry) -> AgentForm:
    """The admin's form, filled as the entry says and otherwise as the agent is."""
    name = str(wanted["name"])
    there = Agent.objects.filter(name=name).first()
    form = AgentForm(
        filled({**entry(there or Agent(name=name, title=name)), **wanted}), instance=there
    )
    form.asks = False
    for each in TEXTS:
        # a file is meant to the last line break, which a browser's form is not
        form.fields[each].strip = False  # type: ignore[attr-defined]
    return form


def filled(facts: Entry) -> dict[str, Any]:
    """What the form would be sent. It has fields of its own for tools and for models by tier."""
    tools, tiers = facts["tools"] or [], facts["tiers"] or {}
    if not isinstance(tools, list) or not isinstance(tiers, Mapping) or set(tiers) - set(TIERS):
        raise Refused(
            f"{facts['name']}: tools are a list, tiers an object with {' and '.join(TIERS)}."
        )
    declared = registry.discover()
    return {
        **{name: row_files.sent(value) for name, value in facts.items()},
        **dict(chain(*(each.sent(name, facts[name]).items() for name, each in ROWS.items()))),
        "ticked": [name for name in tools if name in declared],
        "patterns": " ".join(str(name) for name in tools if name not in declared),
        **{field: str(tiers.get(tier, "")) for tier, field in TIERS.items()},
        SERVERS: served(str(facts["name"]), facts[SERVERS]),
    }


def served(agent: str, names: Any) -> list[int]:
    if not isinstance(names, list):
        raise Refused(f"{agent}: {SERVERS} is a list of names.")
    known = dict(McpServer.objects.filter(name__in=names).values_list("name", "pk"))
    if missing := [str(name) for name in names if name not in known]:
        raise Refused(f"{agent}: there is no MCP server {', '.join(missing)}.")
    return [known[name] for name in names]
