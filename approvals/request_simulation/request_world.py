"""The world of a simulation: runs with their journals and leases, tools whose effects are counted,
one clock, one set of dice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from approvals.request_simulation.request_store import RequestStore
from policies.decision import ALLOWED, Decision, DecisionKind
from runs.engine import events as e
from runs.engine import limits
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold import fold, folded
from runs.engine.kept_calls import Flight
from runs.engine.ports import (
    Happened,
    Inquiry,
    Lookup,
    PlannerTurn,
    Prepared,
    Returned,
    ToolCall,
    ToolSpec,
    Usage,
)
from runs.engine.state import RunState
from runs.engine.vocabulary import Control, Effect, Outcome, RunStatus, Verdict

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=8)
MOST = 1_000
"""Arguments over this are denied whoever approves them."""
TOOLS = {
    spec.name: spec
    for spec in (
        ToolSpec(
            "pay_once",
            "idempotent",
            {"type": "object"},
            effect=Effect.IRREVERSIBLE,
            idempotent=True,
        ),
        ToolSpec(
            "pay_known",
            "can be looked up",
            {"type": "object"},
            effect=Effect.IRREVERSIBLE,
            has_lookup=True,
        ),
        ToolSpec("pay_blind", "nobody can say", {"type": "object"}, effect=Effect.IRREVERSIBLE),
        ToolSpec(
            "pay_back",
            "can be undone",
            {"type": "object"},
            effect=Effect.REVERSIBLE,
            idempotent=True,
            has_undo=True,
        ),
        ToolSpec("look", "reads", {"type": "object"}, effect=Effect.READ, idempotent=True),
    )
}
PAYING = tuple(name for name in TOOLS if name.startswith("pay"))


@dataclass(frozen=True)
class PaymentRules:
    """Every payment needs a person, on this run's own terms; one that is too large is denied,
    before and after a person approves it.
    """

    terms: Mapping[str, Any]

    def may_plan(self, state: RunState, estimate: limits.Estimate, now: datetime) -> Decision:
        return limits.may_plan(state, now)

    def may_call(
        self, state: RunState, call: ToolCall, prepared: Prepared | None, now: datetime
    ) -> Decision:
        spec = self.spec(call.tool)
        if spec is None or isinstance(call.args, str):
            return Decision(DecisionKind.DENY, rule="allowlist", sentence="no such tool")
        if call.args.get("n", 0) > MOST:
            return Decision(DecisionKind.DENY, rule="most", sentence="too much")
        if spec.effect is Effect.READ:
            return ALLOWED
        facts = {"approval": dict(self.terms)}
        return Decision(DecisionKind.ASK, "money", sentence="money", facts=facts)

    def may_retry(
        self, state: RunState, flight: Flight, back: Returned, verdict: Verdict, now: datetime
    ) -> Decision:
        return Decision(DecisionKind.DENY)

    def may_repeat(
        self, state: RunState, flight: Flight, prepared: Prepared | None, now: datetime
    ) -> Decision:
        return ALLOWED

    def watch(self, state: RunState, now: datetime) -> Decision:
        return ALLOWED

    def inquire(self, state: RunState, now: datetime) -> Inquiry | None:
        return None

    def summariser(self, state: RunState) -> str | None:
        return None

    def accepts(self, state: RunState, final: str, now: datetime) -> Decision:
        return ALLOWED

    def spec(self, tool: str) -> ToolSpec | None:
        return TOOLS.get(tool)


@dataclass
class AskingRun:
    """One run: its journal and the state it folds to, which worker has it and until when."""

    name: str
    plans: Sequence[PlannerTurn]
    rules: PaymentRules
    journal: list[e.RunEvent] = field(default_factory=list)
    state: RunState = field(default_factory=RunState)
    epoch: int = 0
    holder: int | None = None
    lease_until: datetime = START

    @property
    def killed(self) -> bool:
        undone = self.state.status is RunStatus.COMPENSATING
        return self.state.control is Control.KILL and not undone

    @property
    def awake(self) -> bool:
        """Whether a worker has anything to do for it."""
        state = self.state
        asleep = state.status in (RunStatus.WAITING, RunStatus.PAUSED)
        return state.status in (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.COMPENSATING) or (
            asleep and state.control is Control.KILL
        )

    def free(self, now: datetime) -> bool:
        return self.holder is None or self.lease_until <= now


class RequestWorld:
    """Everything that is shared. `effects` are the arguments of each effect that a tool had, by
    idempotency key.
    """

    def __init__(self, dice: Random, runs: int, calls: int) -> None:
        self.dice, self.now, self.store = dice, START, RequestStore()
        self.effects: dict[str, list[Mapping[str, Any]]] = {}
        self.violations: list[str] = []
        self.runs = {
            name: born(name, dice, calls) for name in (f"r{number}" for number in range(runs))
        }
        self.awake = dict(self.runs)

    def tick(self) -> None:
        self.now += timedelta(milliseconds=self.dice.randint(1, 40))

    def commit(
        self, life: AskingRun, events: Sequence[e.RunEvent], epoch: int | None, seq: int
    ) -> bool:
        """One append, fenced like the real one:

        False when somebody else holds the run or has appended since `seq`.
        """
        if (epoch is not None and epoch != life.epoch) or seq != len(life.journal):
            return False
        try:
            after = folded(events, life.state)
        except IllegalMove as wrong:
            self.violations.append(f"{life.name}: {wrong}")
            return False
        life.journal.extend(events)
        life.state = after
        self.store.hear(life.name, events, after)
        if life.awake:
            self.awake[life.name] = life
        else:
            self.awake.pop(life.name, None)
        if epoch is not None and after.status not in (RunStatus.RUNNING, RunStatus.COMPENSATING):
            life.holder = None
        return True

    def perform(self, life: AskingRun, flight: Flight) -> Returned:
        """Let the tool act: an idempotent one once for a key, any other each time it is called."""
        done = self.effects.setdefault(f"{life.name}:{flight.call}", [])
        if not (flight.idempotent and done):
            done.append(dict(flight.args))
        return Returned(Outcome.OK, {"done": flight.call})

    def happened(self, life: AskingRun, call: str) -> bool:
        return bool(self.effects.get(f"{life.name}:{call}"))

    def look_up(self, life: AskingRun, flight: Flight) -> Lookup:
        return Lookup(
            Happened.YES if self.happened(life, flight.call) else Happened.NO, {"done": flight.call}
        )


def born(name: str, dice: Random, calls: int) -> AskingRun:
    limits_of = {"steps": 20, "tokens": 10**6, "usd": "10", "seconds": 10**6}
    asked: dict[str, Any] = {
        "goal": "pay",
        "agent": "Payer",
        "planner": "",
        "principal": "starter",
        "limits": limits_of,
    }
    created = e.RunCreated(at=START, seed=dice.randrange(2**31), **asked)
    tools = [dice.choice(PAYING), *(dice.choice((*PAYING, "look")) for _ in range(calls - 1))]
    plan = tuple(ToolCall(f"c{place}", tool, {"n": place}) for place, tool in enumerate(tools))
    usage = Usage(1, 1, Decimal("0.001"))
    plans = (
        PlannerTurn(thought="pay", calls=plan, usage=usage),
        PlannerTurn(final="done", usage=usage),
    )
    life = AskingRun(name, plans, PaymentRules(terms(dice)), journal=[created])
    life.state = fold(life.state, created)
    return life


def terms(dice: Random) -> dict[str, Any]:
    """Mostly one person of one group; now and then two people, two stages, or little time."""
    return {
        "group": dice.choice(("a", "a", "a", "b", "a, b")),
        "quorum": dice.choice((1, 1, 1, 2)),
        "ttl": dice.choice((None, None, 60, 300, 600)),
        "on_expiry": dice.choice(("deny", "deny", "stop", "escalate")),
        "escalate_to": "b",
    }
