"""A person's decision on a final answer that does not meet the criteria: accepted as it is, not
accepted, or sent back to the planner.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from django.db import transaction

from approvals.request_refusals import NotDecided
from approvals.rules import pause_requests
from approvals.rules.refusal_sentences import Reason, Refusal
from approvals.rules.voting import Final
from approvals.services.request_lock import Taken
from console.journal.records import Actor
from runs import run_rows
from runs.engine.events import AnswerDecided, RunCompleted, RunEvent, RunResumed, RunStopped
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, RunStatus, StopReason

RULE = "acceptance"


def settle(
    taken: Taken, state: RunState, *, actor: Actor, at: datetime, final: Final, note: str
) -> None:
    """Append it, inside the transaction of the decision. Raises NotDecided when the run does not
    wait over an answer any more.
    """
    if state.proposed is None or state.status is not RunStatus.PAUSED:
        raise NotDecided(
            Refusal(Reason.STALE, "The run does not wait for a word on its answer any more.")
        )
    unmet = pause_requests.lacking(taken.request.facts)
    decided = AnswerDecided(
        at=at,
        actor=actor.name,
        person=actor.person,
        step=taken.request.step,
        word=final.word,
        unmet=unmet,
        note=note,
        request=str(taken.request.pk),
    )
    follows = tuple(after(state.proposed, final.act, unmet, actor=actor, at=at, note=note))
    run_rows.appended(taken.run, state, [decided, *follows])
    transaction.on_commit(partial(run_rows.wake, taken.run.pk))


def after(
    proposed: str, act: AnswerAct, unmet: tuple[str, ...], *, actor: Actor, at: datetime, note: str
) -> Iterator[RunEvent]:
    """The events that the decision gives."""
    who, person = actor.name, actor.person
    match act:
        case AnswerAct.APPROVE:
            yield RunCompleted(at=at, actor=who, person=person, final=proposed)
        case AnswerAct.RESPOND:
            yield RunResumed(at=at, actor=who, person=person)
        case AnswerAct.DENY:
            detail = (
                f"{actor.label} did not accept the answer either; not met: {', '.join(unmet)}."
                f" {note}".strip()
            )
            yield RunStopped(
                at=at,
                actor=who,
                person=person,
                reason=StopReason.ACCEPTANCE_FAILED,
                rule=RULE,
                detail=detail,
            )
        case _:
            raise ValueError(f"{act} is no word on an answer")
