"""MCP servers and their tools as a page shows them: from what workers saw, without asking any
server.
"""

import difflib
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from console.outside import visible
from runs.engine.vocabulary import Effect
from runs.models import Agent, McpServer, ServedTool
from runs.reading.pills import Pill
from runs.reading.server_states import state_of
from runs.reading.tool_figures import NONE_YET, ToolFigures
from runs.tools import definitions, mcp_server, tool_suggestions

CLAIMS = re.compile(r'"(?:readOnlyHint|read_only_hint)": true')
OK = Pill("circle-check", "In use", "running", "As it was accepted.")
HELD = Pill("lock", "Held", "person", "No run calls it until somebody has looked at the change.")
GONE = Pill("circle-dashed", "Gone", "ended", "Its server has it no more.")
LEFT_OUT = Pill("circle-x", "Left out", "ended", "An admin said that no run is offered it.")
NEIGHBOURS = 3
SHOWN = 500
NOTHING: Mapping[str, ToolFigures] = {}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a change: `tag` is `ins`, `del` or empty for one that stays."""

    tag: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownChange:
    title: str
    lines: Sequence[DiffLine]


@dataclass(frozen=True, slots=True)
class ShownTool:
    """One tool: its row, what counts of it, and what has changed since it was accepted."""

    row: ServedTool
    pill: Pill
    description: str
    effect: str
    idempotent: bool
    timeout: str
    scope: str
    visibility: str
    effect_key: str
    described: bool
    suggestion: str
    figures: ToolFigures
    changes: Sequence[ShownChange]


@dataclass(frozen=True, slots=True)
class ShownServer:
    """`pill` says how it was when somebody last looked, `count` how many tools it offers, whatever
    was searched for; `agents` are those that may use them.
    """

    server: McpServer
    pill: Pill
    reached_by: str
    count: int
    agents: Sequence[Agent]
    tools: Sequence[ShownTool]

    @property
    def held(self) -> Sequence[ShownTool]:
        rows = (tool for tool in self.tools if tool.row.held and not tool.row.left_out_by)
        return [tool for tool in rows if not tool.row.gone]


def servers(words: str = "", known: Mapping[str, ToolFigures] = NOTHING) -> list[ShownServer]:
    """Every server with the tools that fit the words: of a name or a description, each word.
    `known` says how calls went, by the whole name of a tool.
    """
    fitting = fits(ServedTool.objects.order_by("name"), words)[:SHOWN]
    wanted = set(fitting.values_list("pk", flat=True))
    served = ServedTool.objects.order_by("gone", "name")
    found = McpServer.objects.order_by("name").prefetch_related(
        Prefetch("served", queryset=served),
        Prefetch("agent_set", queryset=Agent.objects.order_by("title"), to_attr="used_by"),
    )
    shown = [shown_server(each, wanted, known) for each in found]
    return [each for each in shown if each.tools or not words.split()]


def fits(tools: QuerySet[ServedTool], words: str) -> QuerySet[ServedTool]:
    for word in words.split()[:8]:
        tools = tools.filter(
            Q(name__icontains=word)
            | Q(server__name__icontains=word)
            | Q(definition__description__icontains=word)
        )
    return tools


def shown_server(
    server: McpServer, wanted: Container[int], known: Mapping[str, ToolFigures]
) -> ShownServer:
    rows = list(server.served.all())
    reached = server.url if server.transport in mcp_server.BY_ADDRESS else server.command
    return ShownServer(
        server=server,
        pill=state_of(server, rows),
        reached_by=visible.line(reached),
        count=sum(not row.gone for row in rows),
        agents=server.used_by,  # type: ignore[attr-defined]
        tools=[shown_tool(server, row, known) for row in rows if row.pk in wanted],
    )


def shown_tool(server: McpServer, row: ServedTool, known: Mapping[str, ToolFigures]) -> ShownTool:
    said = server.overrides.get(row.name) or {}
    effect = str(said.get("effect") or "")
    return ShownTool(
        row=row,
        pill=pill_of(row),
        description=row.definition.get("description", ""),
        effect=effect,
        idempotent=bool(said.get("idempotent", effect == Effect.READ)),
        timeout=f"{said['timeout']:g}" if "timeout" in said else "",
        scope=str(said.get("scope", "")),
        visibility=str(said.get("visibility", "")),
        effect_key=" ".join(map(str, said.get("effect_key") or ())),
        described=bool(said),
        suggestion=suggestion(row),
        figures=known.get(str(row), NONE_YET),
        changes=shown_changes(row) if row.held else (),
    )


def pill_of(row: ServedTool) -> Pill:
    if row.gone:
        return GONE
    if row.left_out_by:
        return LEFT_OUT
    return HELD if row.held else OK


def suggestion(row: ServedTool) -> str:
    """What it probably does, and why: an admin says it or does not."""
    found = tool_suggestions.suggested(
        row.server.name,
        row.name,
        {
            "description": row.definition.get("description", ""),
            "effect": Effect.READ if CLAIMS.search(row.definition.get("claims", "")) else "",
        },
    )
    twice = ", the same call twice is one" if found.idempotent else ""
    return f"Suggested: {found.effect}{twice}, scope {found.scope}, since {found.because}."


def shown_changes(row: ServedTool) -> list[ShownChange]:
    """Each part that differs, with a few lines around what changed; characters that hide or turn
    text are written out.
    """
    return [
        ShownChange(each.title, lines(each.was, each.now))
        for each in definitions.changes(row.accepted, row.definition)
    ]


def lines(was: str, now: str) -> list[DiffLine]:
    tags = {"+": "ins", "-": "del", " ": ""}
    found = difflib.unified_diff(was.splitlines(), now.splitlines(), lineterm="", n=NEIGHBOURS)
    return [
        DiffLine(tags[line[0]], visible.line(line[1:]))
        for line in found
        if line[0] in tags and not line.startswith(("+++", "---"))
    ]
