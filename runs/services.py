"""What people do to runs. Each act is one transaction: the row is locked, the move checked, the
event appended; then come a nudge and a frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from console.journal import acting
from console.journal.records import Actor
from console.live import apart
from console.refused import Refused
from policies import authority, memberships
from policies.authority import RunPosition, Verb
from runs import run_authority, run_rows, snapshots
from runs.engine import compensation, outcomes
from runs.engine.events import (
    CallSettled,
    KillRequested,
    LateAcknowledged,
    PauseRequested,
    RunBriefed,
    RunCreated,
    RunEvent,
    RunPaused,
    RunRequeued,
    RunResumed,
)
from runs.engine.ports import Happened
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Compensation,
    Control,
    Priority,
    RunPhase,
    RunStatus,
    StopReason,
)
from runs.models import Agent, Run
from runs.planners import pricing
from runs.reading import halted
from runs.runtime import nudge
from runs.supervision import resume_obstacles

UNEXPLAINED = "Say how you know: a word on a call in doubt is kept with its reason."
WORDS = {True: Happened.YES, False: Happened.NO, None: Happened.UNKNOWN}
DEAD_LETTERS = (StopReason.CRASH_LOOP, StopReason.DEAD_LETTER)


def queued_again(at: datetime) -> Mapping[str, object]:
    """The columns that `project` gives after a requeue at that time. The journal is not read for
    it, since it may be what could not be read.
    """
    return {
        "status": RunStatus.QUEUED.value,
        "stop_reason": "",
        "stop_detail": "",
        "ended_at": None,
        "control": "",
        "phase": RunPhase.IDLE.value,
        "phase_at": at,
        "takes": 0,
        "waiting_for": "",
    }


@dataclass(frozen=True, slots=True)
class ChosenLimits:
    """Most steps, tokens, USD and seconds of one run."""

    steps: int
    tokens: int
    usd: Decimal
    seconds: int


def start(
    *,
    agent: Agent,
    goal: str,
    principal: Any,
    at: datetime,
    limits: ChosenLimits | None = None,
    correlation_id: UUID | None = None,
    snapshot: Mapping[str, Any] | None = None,
    run_id: UUID | None = None,
    priority: Priority | None = None,
) -> Run:
    """Queue a run of `agent`.

    Its limits are the agent's unless narrower ones are given, and so is its priority unless another
    is given; `snapshot` replaces the agent's own.

    Raises IntegrityError when there is a run of that `run_id` already.
    """
    pinned = startable(agent, goal, snapshot)
    own = limits or ChosenLimits(
        agent.max_steps, agent.max_tokens, agent.max_usd, agent.max_seconds
    )
    with transaction.atomic():
        run = Run.objects.create(
            id=run_id or uuid4(),
            agent=agent,
            snapshot=pinned,
            goal=goal.replace("\0", "␀"),
            principal=principal,
            drill="drill" in pinned,
            suspect=bool(pinned.get("drill", {}).get("apart")),
            by_right=memberships.starters().filter(pk=principal.pk).exists(),
            correlation_id=correlation_id or uuid4(),
            max_steps=own.steps,
            max_tokens=own.tokens,
            max_usd=own.usd,
            max_seconds=own.seconds,
            priority=priority or Priority(agent.priority),
            created_at=at,
        )
        run_rows.appended(run, RunState(), created(run, own, acting.of(principal), at))
    return run


def startable(agent: Agent, goal: str, snapshot: Mapping[str, Any] | None) -> dict[str, Any]:
    """The snapshot that a new run pins: the agent's own unless another is given. Raises Refused
    when no run can be started.
    """
    if not goal.strip():
        raise Refused("A run needs a goal.")
    if not agent.enabled:
        raise Refused(f"{agent.title} is switched off.")
    pinned = dict(snapshot) if snapshot is not None else snapshots.of(agent)
    if sentence := pricing.refusal(pinned):
        raise Refused(sentence)
    return pinned


def created(run: Run, own: ChosenLimits, who: Actor, at: datetime) -> list[RunEvent]:
    pinned = run.snapshot
    limits = {"steps": own.steps, "tokens": own.tokens, "usd": str(own.usd), "seconds": own.seconds}
    facts: list[RunEvent] = [
        RunCreated(
            at=at,
            actor=who.name,
            person=who.person,
            goal=run.goal,
            agent=str(pinned.get("title", "")),
            agent_name=str(pinned.get("name", "")),
            planner=str(pinned.get("planner", "")),
            principal=run.principal.get_username(),
            limits=limits,
            max_tokens_out=int(pinned.get("max_tokens_out") or 0),
            seed=run.id.int % 2**31,
            parallel=int(pinned.get("parallel_calls") or 1),
            compensation=dict(pinned.get("compensation") or {}),
            priority=Priority(run.priority),
        )
    ]
    if pinned.get("prompt"):
        facts.append(
            RunBriefed(at=at, actor=who.name, person=who.person, prompt=str(pinned["prompt"]))
        )
    return facts


def pause(*, run_id: UUID, actor: AbstractBaseUser, at: datetime, note: str = "") -> Run:
    """Pause after the call in flight; a run that no worker holds is paused at once."""
    with transaction.atomic():
        run = run_rows.locked(run_id)
        if run.control:
            raise Refused(f"A {run.control} was already requested.")
        who = acting.of(actor)
        request = PauseRequested(at=at, actor=who.name, person=who.person, note=note)
        if run.status == RunStatus.RUNNING:
            run_rows.asked(run, request, Control.PAUSE)
        else:
            run_rows.check(run, request, "paused")
            run_rows.appended(
                run,
                run_rows.state_of(run),
                [request, RunPaused(at=at, actor=who.name, person=who.person, detail=note)],
            )
        transaction.on_commit(partial(nudge.tell, run.id, Control.PAUSE))
    return run


def resume(*, run_id: UUID, actor: AbstractBaseUser, at: datetime, note: str = "") -> Run:
    """Let a paused run go on where it was; if the pause has not taken effect yet, take the request
    back.
    """
    with transaction.atomic():
        run = run_rows.locked(run_id)
        allowed(Verb.RESUME, actor, run)
        go_on(run=run, actor=acting.of(actor), at=at, note=note)
    return run


def go_on(*, run: Run, actor: Actor, at: datetime, note: str = "", request: str = "") -> None:
    """Resume a locked run; who may do it was checked before. `request` names the request that this
    answers.
    """
    if run.status == RunStatus.PAUSED and (sentence := resume_obstacles.to_resuming(run.id, at)):
        raise Refused(sentence)
    run_rows.appended(
        run,
        run_rows.state_of(run),
        [RunResumed(at=at, actor=actor.name, person=actor.person, note=note, request=request)],
    )
    transaction.on_commit(partial(run_rows.wake, run.id))


def go_on_if_held_by(
    *, run_id: UUID, rule: str, lever: str = "", actor: Actor, at: datetime, note: str = ""
) -> bool:
    """Resume a run that a rule (a halt lever, the flood guard) had paused. False when somebody else
    has paused it since.
    """
    with transaction.atomic():
        run = run_rows.locked(run_id)
        held_by, facts = resume_obstacles.pause_of(run.id)
        mine = held_by == rule or (rule.endswith(":") and held_by.startswith(rule))
        if (
            run.status != RunStatus.PAUSED
            or run.control
            or not mine
            or (lever and str(facts.get("lever")) != lever)
        ):
            return False
        try:
            with transaction.atomic():
                go_on(run=run, actor=actor, at=at, note=note)
        except Refused:
            return False
    return True


def resume_halted(*, lever: int, actor: AbstractBaseUser, at: datetime, note: str = "") -> int:
    """Resume every run that this halt lever had paused and that nobody has acted on since; gives
    how many.
    """
    if no := authority.refused(Verb.RELEASE, run_authority.person_of(actor), RunPosition("")):
        raise Refused(no.sentence)
    runs = halted.paused_by(lever)
    held: dict[str, Any] = {
        "rule": "halt:",
        "lever": str(lever),
        "actor": acting.of(actor),
        "at": at,
        "note": note,
    }
    return apart.each(runs, lambda run: go_on_if_held_by(run_id=run, **held), "a halted run").done


def kill(
    *,
    run_id: UUID,
    actor: AbstractBaseUser,
    at: datetime,
    note: str = "",
    compensate: Compensation | None = None,
) -> Run:
    """Stop a run for good: the call in flight is cancelled, and with what it did is done what
    `compensate` says, or else what its agent chose.

    Shown as requested until a worker confirms.
    """
    with transaction.atomic():
        run = run_rows.locked(run_id)
        if run.control == Control.KILL:
            raise Refused("A kill was already requested; it is waiting for a worker to confirm.")
        who = acting.of(actor)
        request = KillRequested(
            at=at,
            actor=who.name,
            person=who.person,
            note=note,
            compensate=compensate or chosen_for_a_kill(run),
        )
        run_rows.check(run, request, "killed")
        run_rows.asked(run, request, Control.KILL)
        transaction.on_commit(partial(run_rows.wake, run.id, Control.KILL))
    return run


def chosen_for_a_kill(run: Run) -> Compensation:
    return compensation.of_kill(run.snapshot.get("compensation") or {})


def requeue(*, run_id: UUID, actor: AbstractBaseUser, at: datetime, note: str = "") -> Run:
    """Give a dead-lettered run another chance."""
    with transaction.atomic():
        run = run_rows.locked(run_id)
        who = acting.of(actor)
        requeued = RunRequeued(at=at, actor=who.name, person=who.person, note=note)
        run_rows.check(run, requeued, "requeued")
        if run.undone:
            raise Refused("What it did was undone, so it cannot go on; start one like it instead.")
        if run.stop_reason not in DEAD_LETTERS:
            raise Refused(
                "Only a run whose workers failed can be queued again; start one like it instead."
            )
        run_rows.write(run, [requeued], queued_again(at))
        run_rows.beside(run, [requeued], RunState())
        transaction.on_commit(partial(run_rows.wake, run.id))
    return run


def settle(
    *,
    run_id: UUID,
    actor: AbstractBaseUser,
    at: datetime,
    happened: bool | None,
    note: str = "",
    came_back: Any = None,
) -> Run:
    """Record a person's answer to whether a call in doubt happened: it did (`came_back`, if they
    know the result), it did not (it is made again), or nobody can tell (None).

    An answer without a note, which nobody could check later, is refused.
    """
    with transaction.atomic():
        run = run_rows.locked(run_id)
        allowed(Verb.SETTLE, actor, run)
        state = run_rows.state_of(run)
        if not note.strip():
            raise Refused(UNEXPLAINED)
        run_rows.appended(
            run, state, settlement(state, acting.of(actor), at, WORDS[happened], note, came_back)
        )
        transaction.on_commit(partial(run_rows.wake, run.id))
    return run


def allowed(verb: Verb, actor: AbstractBaseUser, run: Run) -> None:
    """Raises Refused, with the sentence that the page shows as well, when the actor may not."""
    if no := run_authority.refusal(verb, actor, run):
        raise Refused(no.sentence)


def settlement(
    state: RunState, who: Actor, at: datetime, happened: Happened, note: str, came_back: Any
) -> Sequence[RunEvent]:
    if outcomes.undo_in_doubt(state):
        undo = state.undo_next
        assert undo is not None
        word = CallSettled(
            at=at,
            actor=who.name,
            person=who.person,
            step=undo.step,
            tool=undo.tool,
            call=undo.call,
            happened=happened,
            note=note,
            undo=True,
        )
        return outcomes.after_undo_settlement(state, word)
    flight = state.flight
    if flight is None or not outcomes.in_doubt(state):
        raise Refused("No call of this run is in doubt.")
    word = CallSettled(
        at=at,
        actor=who.name,
        person=who.person,
        step=flight.step,
        tool=flight.tool,
        call=flight.call,
        happened=happened,
        note=note,
    )
    return outcomes.after_settlement(state, word, came_back)


def acknowledge(*, run_id: UUID, actor: AbstractBaseUser, at: datetime, note: str = "") -> Run:
    """Record that somebody has looked into what came back late, or could not be undone, so that the
    run no longer needs a person for it. Also for a run that has ended or is in a worker's hands.
    """
    with transaction.atomic():
        run = run_rows.locked(run_id)
        if not (run.late or run.leftover):
            raise Refused("Nothing of this run came back late, and nothing is left to look into.")
        who = acting.of(actor)
        run_rows.write(
            run,
            [LateAcknowledged(at=at, actor=who.name, person=who.person, note=note)],
            {"late": 0, "leftover": False},
        )
    return run
