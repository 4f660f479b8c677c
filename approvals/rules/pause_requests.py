"""Requests about a run that stands still: at a limit, in a loop, with an answer that lacks
something.
"""

from collections.abc import Iterator, Mapping

from approvals.rules.change_of_requests import Change, Noticed, Opened, answered
from approvals.rules.request_vocabulary import RequestKind
from approvals.rules.run_news import News
from approvals.rules.terms import terms_of
from console.json_value import Json
from runs.engine import events as e
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, StopReason

ASKED_AT_A_PAUSE: dict[StopReason, RequestKind] = {
    StopReason.BUDGET_EXCEEDED: RequestKind.BUDGET,
    StopReason.TIMEOUT: RequestKind.BUDGET,
    StopReason.LOOP_DETECTED: RequestKind.LOOP,
    StopReason.NO_PROGRESS: RequestKind.LOOP,
    StopReason.DRIFTED: RequestKind.LOOP,
    StopReason.ACCEPTANCE_FAILED: RequestKind.ACCEPTANCE,
}
"""Pauses that ask for a person, by their reason: the engine's `ASKS_PEOPLE`."""
OF_A_PAUSE = tuple(dict.fromkeys(ASKED_AT_A_PAUSE.values()))


def paused(event: e.RunPaused, after: RunState) -> Iterator[Change]:
    kind = ASKED_AT_A_PAUSE.get(event.reason)
    if kind is not None:
        facts, terms = {**event.facts, **versioned(event)}, terms_of(kind, event.facts)
        call, sentence = f"after {after.step}", event.detail
        if kind is RequestKind.ACCEPTANCE and (unmet := lacking(facts)):
            sentence = f"Not met: {', '.join(unmet)}."
        yield Opened(
            kind,
            call,
            after.step,
            event.at,
            rule=event.rule,
            sentence=sentence,
            facts=facts,
            terms=terms,
        )
    if event.reason is not StopReason.USER_PAUSED:
        yield Noticed(News.WAITING, event.reason.value, event.at)


def lacking(facts: Mapping[str, Json]) -> tuple[str, ...]:
    """Names of the criteria that an answer does not meet."""
    found = facts.get("checks")
    checks = (
        [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    )
    return tuple(str(each.get("name", "")) for each in checks if not each.get("passed"))


def versioned(event: e.RunPaused) -> dict[str, Json]:
    """The version of the rule that paused the run, where rules have versions."""
    return {"version": event.version} if event.version else {}


def answer_decided(event: e.AnswerDecided, after: RunState) -> Iterator[Change]:
    yield answered((RequestKind.ACCEPTANCE,), event, event.word)


def resumed(event: e.RunResumed, after: RunState) -> Iterator[Change]:
    act = AnswerAct.APPROVE if event.request else AnswerAct.RESUME
    yield answered(OF_A_PAUSE, event, act)
