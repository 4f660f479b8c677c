"""What must be true of a simulated world, whatever happened in it. Each violation is a sentence
that names the run.
"""

from collections.abc import Iterator

from approvals.request_simulation.request_store import RequestInMemory
from approvals.request_simulation.request_world import AskingRun, RequestWorld
from approvals.rules.request_vocabulary import RequestStatus
from runs.engine import events as e
from runs.engine.fold import folded
from runs.engine.vocabulary import FINAL, AnswerAct, Outcome, RunStatus, Verdict, Waiting


def at_rest(world: RequestWorld) -> Iterator[str]:
    """Violations at the end, when nobody has anything to do any more."""
    for row in world.store.rows:
        yield from of_request(world, row)
    for life in world.runs.values():
        yield from of_run(world, life)


def of_request(world: RequestWorld, row: RequestInMemory) -> Iterator[str]:
    where = f"{row.run} {row.opened.call}"
    if row.ends != 1 or row.is_open:
        yield f"{where}: ended {row.ends} times, is {row.status}"
    life = world.runs[row.run]
    done = world.effects.get(f"{row.run}:{row.opened.call}", [])
    if len(done) > 1:
        yield f"{where}: made {len(done)} times"
    approved = row.status is RequestStatus.DECIDED and row.act in (
        AnswerAct.APPROVE,
        AnswerAct.EDIT,
    )
    if row.opened.kind == "call":
        if done and not approved:
            yield f"{where}: made, although it was {row.act or row.status}"
        if done and approved and dict(done[0]) != dict(row.decided_args or {}):
            yield f"{where}: made with {dict(done[0])}, decided on {row.decided_args}"
        if approved and not accounted(life, row.opened.call, made=bool(done)):
            yield f"{where}: approved and neither made nor accounted for"


def accounted(life: AskingRun, call: str, *, made: bool) -> bool:
    """Whether an approved call was made exactly once, or the journal says why not: refused by a
    rule, in doubt, undone, or its run ended before.
    """
    intended = any(
        isinstance(event, e.CallIntended) and event.call == call for event in life.journal
    )
    refused = any(isinstance(event, e.CallRefused) and event.call == call for event in life.journal)
    undone = any(isinstance(event, e.UndoReturned) and event.call == call for event in life.journal)
    unknown = any(
        isinstance(event, e.CallReturned)
        and event.call == call
        and event.verdict is Verdict.UNKNOWN
        for event in life.journal
    )
    cut = any(
        isinstance(event, e.CallReturned)
        and event.call == call
        and event.outcome is Outcome.CANCELLED
        for event in life.journal
    )
    ended_before = life.state.status is RunStatus.STOPPED and not intended
    return made or refused or undone or unknown or cut or ended_before


def of_run(world: RequestWorld, life: AskingRun) -> Iterator[str]:
    if folded(life.journal) != life.state:
        yield f"{life.name}: the fold of its journal is not its state"
    if life.state.status not in FINAL:
        yield f"{life.name}: never ended, it is {life.state.status} {life.state.waiting_for or ''}"
    intents = [event.call for event in life.journal if isinstance(event, e.CallIntended)]
    if len(intents) != len(set(intents)):
        yield f"{life.name}: a call was intended twice"


def meanwhile(world: RequestWorld) -> Iterator[str]:
    """Violations at any moment: a run that waits holds no slot, and always has somebody to wait
    for.
    """
    for life in world.runs.values():
        if life.state.status is not RunStatus.WAITING or life.killed:
            continue
        if life.holder is not None and life.lease_until > world.now:
            yield f"{life.name}: waits and holds a slot"
        asks = life.state.waiting_for in (Waiting.APPROVAL, Waiting.IN_DOUBT)
        if asks and not any(row.is_open for row in world.store.of_run(life.name)):
            yield f"{life.name}: waits for nobody"
