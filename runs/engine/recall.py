"""The tool by which a planner reads earlier results of its own run again. Pure.

It gives back what the journal holds, word for word, never more than the run has read already.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from console.journal.records import JournalRecord, Stored
from console.json_value import Json
from runs.engine import tokens
from runs.engine.ports import Restricted, Toolbox, ToolSpec
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Visibility, strictest

RECALL: Final = "recall"
PART: Final = 20_000
"""Characters that are given back at once: what is longer is given in parts."""
MOST_FOUND: Final = 5
SPEC: Final = ToolSpec(
    RECALL,
    "Gives back, word for word, what earlier calls of this run returned: those of one step, or the"
    " newest ones that hold every word of a query. What is long comes in parts, from part 1.",
    {
        "type": "object",
        "properties": {
            "step": {"type": "integer", "minimum": 1},
            "query": {"type": "string", "minLength": 1, "maxLength": 500},
            "part": {"type": "integer", "minimum": 1},
        },
        "additionalProperties": False,
    },
    effect=Effect.READ,
    idempotent=True,
    timeout=30.0,
    has_check=True,
)
ERASED: Final = "What it returned was erased."


def offered(toolbox: Toolbox, state: RunState) -> tuple[ToolSpec, ...]:
    """The tools that a planner is told of: recall only once there is something to recall."""
    specs = toolbox.specs()
    return specs if state.folded else tuple(spec for spec in specs if spec.name != RECALL)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What one call returned, as the journal holds it: a large result is a marker."""

    step: int
    tool: str
    args: Json
    result: Json
    visibility: Visibility
    gone: bool = False

    def holds(self, words: Sequence[str]) -> bool:
        text = f"{self.tool} {tokens.rendered(self.args)} {tokens.rendered(self.result)}".casefold()
        return all(word in text for word in words)


def earlier(stored: Iterable[Stored]) -> list[Earlier]:
    """All that calls of the run have returned, oldest first, without what was itself recalled."""
    found: list[Earlier] = []
    intents: dict[str, Json] = {}
    for row in stored:
        record = row.record
        if record.kind == "call.intended" and not row.erased:
            intents[str(record.data.get("call"))] = record.data.get("args")
        elif record.kind == "call.returned" and record.tool != RECALL:
            args = intents.get(str(record.data.get("call")))
            if row.erased or not record.data.get("retry_at"):
                found.append(returned(row, record, args))
    return found


def returned(row: Stored, record: JournalRecord, args: Json) -> Earlier:
    error = record.data.get("error")
    return Earlier(
        int(record.step or 0),
        record.tool,
        args,
        f"Error: {error}" if error else record.data.get("result"),
        Visibility(record.visibility),
        row.erased,
    )


def chosen(args: Mapping[str, Json], past: Sequence[Earlier]) -> list[Earlier]:
    """The results that are asked for: of one step, or the newest ones that hold each word of the
    query.
    """
    words = str(args.get("query") or "").casefold().split()
    step = args.get("step")
    found = [
        each for each in past if step in (None, each.step) and (not words or each.holds(words))
    ]
    return found if step is not None else found[-MOST_FOUND:] if words else []


def told(args: Mapping[str, Json], found: Sequence[Earlier]) -> Restricted:
    """What the planner is given: one result as it was, or several with their calls. People need the
    rights to read each of them.
    """
    if not found:
        return Restricted(nothing(args), None)
    if len(found) == 1:
        [only] = found
        whole: Json = ERASED if only.gone else only.result
    else:
        whole = [
            {
                "step": each.step,
                "tool": each.tool,
                "args": each.args,
                "result": ERASED if each.gone else each.result,
            }
            for each in found
        ]
    visibility = strictest(*(each.visibility for each in found))
    return Restricted(part_of(whole, int(args.get("part") or 1)), visibility)


def nothing(args: Mapping[str, Json]) -> str:
    """That there is nothing of the kind, which is an answer and no failure."""
    if args.get("step") is None and not args.get("query"):
        return "Say which: recall(step=…) or recall(query=…)."
    what = f"of step {args['step']} " if args.get("step") is not None else ""
    holds = f"that holds every word of {args['query']!r} " if args.get("query") else ""
    return f"No result {what}{holds}is on record in this run."


def part_of(whole: Json, number: int) -> Json:
    """It as it is when that is short, else this part of its text with how many there are."""
    text = tokens.rendered(whole)
    if len(text) <= PART and number == 1:
        return whole
    parts = max(-(-len(text) // PART), 1)
    if number > parts:
        return f"There is no part {number}: it has {parts}."
    return f"[part {number} of {parts}]\n{text[(number - 1) * PART : number * PART]}"
