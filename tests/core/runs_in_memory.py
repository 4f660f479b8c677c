"""A run played in memory: the engine with a scripted world around it, which may lose the worker at
any moment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from policies.decision import ALLOWED, Decision, DecisionKind
from policies.verdicts import Meaning
from runs.engine import actions, folding, limits, machine, outcomes
from runs.engine import events as e
from runs.engine.engine_errors import PlannerError
from runs.engine.fold import folded
from runs.engine.kept_calls import Flight
from runs.engine.ports import (
    ContextMessage,
    Happened,
    Inquiry,
    Lookup,
    PlannerTurn,
    Prepared,
    Returned,
    Speaker,
    ToolCall,
    ToolSpec,
    Usage,
)
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Outcome, RunStatus, Verdict

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAKEN = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.COMPENSATING)
SUMMED_UP = PlannerTurn(final="summed up")
LIMITS = {"steps": 50, "tokens": 1_000_000, "usd": "10", "seconds": 3_600}


def created(
    at: datetime = START,
    parallel: int = 1,
    compensation: Mapping[str, str] | None = None,
    **limits_of: Any,
) -> e.RunCreated:
    return e.RunCreated(
        at=at,
        goal="count",
        agent="Counter",
        planner="scripted",
        principal="anna",
        limits={**LIMITS, **limits_of},
        max_tokens_out=100,
        seed=7,
        parallel=parallel,
        compensation=compensation or {},
    )


def leased(epoch: int = 1, at: datetime = START, **facts: Any) -> e.RunLeased:
    return e.RunLeased(
        at=at, owner="worker", epoch=epoch, price_in=Decimal(1), price_out=Decimal(2), **facts
    )


def told(text: str) -> ContextMessage:
    return ContextMessage(Speaker.USER, text)


def running(parallel: int = 1, **limits_of: Any) -> RunState:
    return folded([created(parallel=parallel, **limits_of), leased()])


def spec(name: str, **facts: Any) -> ToolSpec:
    return ToolSpec(name, f"does {name}", {"type": "object"}, **facts)


def calling(*tools: str, cost: str = "0.01") -> PlannerTurn:
    calls = tuple(ToolCall(f"ref{place}", tool, {"n": place}) for place, tool in enumerate(tools))
    return PlannerTurn(thought="go on", calls=calls, usage=Usage(10, 5, Decimal(cost)))


def answering(text: str = "done") -> PlannerTurn:
    return PlannerTurn(final=text, usage=Usage(10, 5, Decimal("0.01")))


@dataclass
class Rules:
    """Everything allowed but what is named in `refused`; limits are the run's own."""

    specs: dict[str, ToolSpec]
    refused: dict[str, Decision] = field(default_factory=dict)
    acceptance: Callable[[str], Decision] = lambda final: ALLOWED
    retrying: Callable[[Flight], Decision] = lambda flight: Decision(DecisionKind.DENY)
    repeating: Callable[[Flight], Decision] = lambda flight: ALLOWED
    watching: Callable[[RunState], Decision] = lambda state: ALLOWED
    judging: Callable[[RunState], Inquiry | None] = lambda state: None
    summarising: str | None = None

    def may_plan(self, state: RunState, estimate: limits.Estimate, now: datetime) -> Decision:
        return limits.may_plan(state, now)

    def may_call(
        self, state: RunState, call: ToolCall, prepared: Prepared | None, now: datetime
    ) -> Decision:
        if call.tool not in self.specs:
            return Decision(
                DecisionKind.DENY, rule="allowlist", sentence=f"there is no {call.tool}"
            )
        return self.refused.get(call.tool, ALLOWED)

    def may_repeat(
        self, state: RunState, flight: Flight, prepared: Prepared | None, now: datetime
    ) -> Decision:
        return self.repeating(flight)

    def may_retry(
        self, state: RunState, flight: Flight, back: Returned, verdict: Verdict, now: datetime
    ) -> Decision:
        return self.retrying(flight)

    def watch(self, state: RunState, now: datetime) -> Decision:
        return self.watching(state)

    def summariser(self, state: RunState) -> str | None:
        return self.summarising

    def inquire(self, state: RunState, now: datetime) -> Inquiry | None:
        return self.judging(state)

    def accepts(self, state: RunState, final: str, now: datetime) -> Decision:
        return self.acceptance(final)

    def spec(self, tool: str) -> ToolSpec | None:
        return self.specs.get(tool)


class Lost(Exception):
    """The worker died here."""


@dataclass
class World:
    """Tools with side effects counted by idempotency key; `dies(moment)` decides whether the worker
    is lost there.
    """

    turns: Sequence[PlannerTurn | PlannerError]
    rules: Rules
    dies: Callable[[str], bool] = lambda moment: False
    journal: list[e.RunEvent] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    undos: dict[str, int] = field(default_factory=dict)
    undo_outcome: Outcome = Outcome.OK
    judge: Sequence[PlannerTurn | PlannerError] = ()
    judgements: list[int] = field(default_factory=list)
    summary: PlannerTurn | PlannerError = SUMMED_UP
    summaries: int = 0
    epoch: int = 0
    now: datetime = START

    def moment(self, name: str) -> None:
        if self.dies(name):
            raise Lost(name)

    def commit(self, state: RunState, events: Sequence[e.RunEvent]) -> RunState:
        self.moment("before commit")
        self.journal.extend(events)
        self.moment("after commit")
        return folded(events, state)

    def live(self) -> RunState:
        """Workers take the run one after the other until it rests."""
        while True:
            try:
                return self.one_life()
            except Lost:
                self.now += timedelta(seconds=10)

    def one_life(self) -> RunState:  # noqa: C901  one case an effect
        state = folded(self.journal)
        if (state.status not in TAKEN or state.waiting_for) and state.wake_at is None:
            return state
        self.now = max(self.now, state.wake_at or self.now)
        self.epoch += 1
        state = self.commit(state, [leased(self.epoch, self.now)])
        while True:
            self.now += timedelta(milliseconds=100)
            effect = machine.next_effect(state, self.rules, self.now)
            match effect:
                case actions.Release():
                    return self.one_life() if state.wake_at else state
                case actions.Sleep():
                    self.now = effect.until
                case actions.Record():
                    state = self.commit(state, effect.events)
                case actions.Plan() | actions.Judge() | actions.Summarise():
                    state = self.commit(state, self.thought(state, effect))
                case actions.Perform():
                    state = self.commit(state, self.after(state, effect))
                case actions.Resolve():
                    state = self.commit(
                        state,
                        outcomes.after_lookup(
                            state, self.looked_up(effect), "", self.rules, self.now
                        ),
                    )
                case actions.Undo():
                    state = self.commit(
                        state,
                        outcomes.after_undo(
                            effect.entry, effect.attempt, self.undone(effect), self.now
                        ),
                    )
                case actions.ResolveUndo():
                    happened = Happened.YES if effect.entry.call in self.undos else Happened.NO
                    state = self.commit(
                        state,
                        outcomes.after_undo_lookup(
                            effect.entry, effect.attempt, Lookup(happened), "", self.now
                        ),
                    )

    def undone(self, effect: actions.Undo) -> Returned:
        """An idempotent undo acts once for a key however often it is called; any other acts each
        time.
        """
        self.moment("before undo")
        call = effect.entry.call
        self.done[call] = 0
        self.undos[call] = 1 if effect.entry.idempotent else self.undos.get(call, 0) + 1
        self.moment("after undo")
        return Returned(self.undo_outcome)

    def thought(
        self, state: RunState, effect: actions.Plan | actions.Judge | actions.Summarise
    ) -> list[e.RunEvent]:
        match effect:
            case actions.Plan():
                return self.planned(state, effect)
            case actions.Judge():
                return self.judged(state, effect)
            case actions.Summarise():
                return self.summed_up(state, effect)

    def summed_up(self, state: RunState, effect: actions.Summarise) -> list[e.RunEvent]:
        self.moment("summing up")
        self.summaries += 1
        return folding.after_summary(state, effect.folding, self.summary, self.rules, self.now, 0.1)

    def planned(self, state: RunState, effect: actions.Plan) -> list[e.RunEvent]:
        self.asked.append(state.step)
        self.moment("planning")
        answer = self.turns[min(len(self.turns) - 1, state.step + state.plan_failures)]
        if isinstance(answer, PlannerError):
            return outcomes.after_plan_failure(state, answer, self.now, 0.1)
        return list(outcomes.after_plan(state, effect, answer, self.rules, self.now, 0.1))

    def judged(self, state: RunState, effect: actions.Judge) -> list[e.RunEvent]:
        self.judgements.append(state.step)
        self.moment("judging")
        said = self.judge[min(len(self.judge), len(self.judgements)) - 1]
        return outcomes.after_judge(state, effect.inquiry, said, self.now, 0.1)

    def after(self, state: RunState, effect: actions.Perform) -> list[e.RunEvent]:
        back, meaning = self.performed(effect), Meaning(Verdict.SUCCEEDED)
        return list(outcomes.after_call(state, back, meaning, self.rules, self.now))

    def performed(self, effect: actions.Perform) -> Returned:
        """An idempotent tool acts once for a key however often it is called; any other acts each
        time.
        """
        flight = effect.flights[0]
        self.moment("before effect")
        known = self.done.get(flight.call, 0)
        self.done[flight.call] = 1 if flight.idempotent else known + 1
        self.moment("after effect")
        return Returned(Outcome.OK, {"call": flight.call})

    def looked_up(self, effect: actions.Resolve) -> Lookup:
        self.moment("looking up")
        happened = effect.flight.call in self.done
        return Lookup(Happened.YES if happened else Happened.NO, {"call": effect.flight.call})


def world(turns: Sequence[PlannerTurn | PlannerError], *specs: ToolSpec, **facts: Any) -> World:
    rules = Rules(
        {each.name: each for each in specs or (spec("read", effect=Effect.READ, idempotent=True),)}
    )
    limits_of = facts.pop("limits", {})
    return World(turns, rules, journal=[created(**limits_of)], **facts)
