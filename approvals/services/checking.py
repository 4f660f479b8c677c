"""Checks edited arguments before they are accepted: by the tool's schema, then by the rules of the
run. Reads only.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from approvals.rules import eligibility
from approvals.rules.request_vocabulary import RequestKind
from approvals.rules.terms import terms_of
from approvals.services.request_lock import Taken
from console.json_value import Json
from policies.authority import Person
from policies.decision import LETTING, DecisionKind
from runs.engine.events import RunEvent
from runs.engine.ports import ToolCall, ToolSpec
from runs.engine.state import RunState
from runs.models import Run
from runs.runtime import loop
from runs.runtime.dependencies import Supervision, dependencies
from runs.runtime.lease import Lease
from runs.tools import arguments, seen_tools

TIMEOUT = 20.0
WHOLE = ""
"""The key for what is wrong with the arguments as a whole."""
ASK = DecisionKind.ASK
LETS_THROUGH = LETTING | {ASK}
FIELD = re.compile(r"[^\s.\[:]+")


def problems(
    taken: Taken,
    who: Person,
    events: Sequence[RunEvent],
    state: RunState,
    args: Mapping[str, Json],
    at: datetime,
) -> dict[str, str]:
    """What is wrong, by field; empty when schema and policies would let the call through with the
    approval of those who are asked.
    """
    request, rules = taken.request, rules_of(taken.run, events)
    spec = rules.spec(request.tool)
    if spec is None:
        return {WHOLE: f"The agent has no tool {request.tool} any more."}
    wrong = by_field(arguments.problems(spec.schema, args), spec)
    if wrong:
        return wrong
    decision = rules.weigh(state, ToolCall(request.call, request.tool, args), at)
    said = f"{decision.sentence} ({decision.rule})" if decision.rule else decision.sentence
    if decision.kind in LETS_THROUGH:
        asks = terms_of(RequestKind.CALL, decision.facts) if decision.kind is ASK else None
        others = eligibility.others_decide(taken.card, who, asks) if asks else ""
        if not others:
            return {}
        said = f"{others} {said}"
    changed = [
        name
        for name in {**request.proposed, **args}
        if request.proposed.get(name) != args.get(name)
    ]
    return {changed[0] if len(changed) == 1 else WHOLE: said}


def rules_of(run: Run, events: Sequence[RunEvent]) -> Supervision:
    """The rules of the run as its next worker will have them, by the tools that workers saw: no
    server is started or asked.

    They are only asked: what runs share is not prepared, so not used up.
    """
    team = dependencies()
    own = loop.run(team.toolbox({**run.snapshot, "mcp_servers": []}), TIMEOUT)
    toolbox = seen_tools.beside(own, run.snapshot)
    seen = Lease(
        run.pk,
        "",
        run.lease_epoch,
        run.snapshot,
        run.correlation_id,
        run.principal.get_username(),
        run.principal_id,
    )
    rules = team.rules(seen, toolbox)
    rules.observe(events)
    return rules


def by_field(sentences: Sequence[str], spec: ToolSpec) -> dict[str, str]:
    """The sentences by field. Each names its field first; one that names none is about
    the whole.
    """
    known = spec.schema.get("properties") or {}
    found: dict[str, str] = {}
    for sentence in sentences:
        named = FIELD.match(sentence)
        key = named.group() if named and named.group() in known else WHOLE
        found[key] = f"{found[key]}; {sentence}" if key in found else sentence
    return found
