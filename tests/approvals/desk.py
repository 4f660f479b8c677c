"""People at the approvals desk and runs that ask them: through the real runtime, with tools and
rules made by the test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import Group, User

from approvals.models import Request
from approvals.services import deciding
from policies.decision import Decision, DecisionKind
from runs.engine.ports import Toolbox, ToolCall, ToolSpec
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, Effect
from runs.models import Run
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.lease import Lease
from runs.tools import arguments
from tests.runtime.conftest import Bench, Probe, answering, calling

PAYS: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "order_id": {"type": "integer"},
        "amount": {"type": "number", "exclusiveMinimum": 0},
        "recipient": {"type": "string"},
    },
    "required": ["order_id", "amount"],
    "additionalProperties": False,
}
SENTENCE = "Money leaves the house, so a person decides."


@dataclass
class Gated:
    """What needs a person, on which terms, and what is denied although a person said yes. Amounts
    from 500 on are asked about on terms of their own, where there are any.

    The test may change it while runs are live.
    """

    terms: dict[str, Any] = field(default_factory=dict)
    large: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    asks: set[str] = field(default_factory=lambda: {"pay"})
    most: float = 1_000


@dataclass
class GatedRules(OwnRules):
    """The own rules of a run, and a gate before the tools that a test names."""

    gated: Gated = field(default_factory=Gated)

    def weigh(self, state: RunState, call: ToolCall, now: datetime) -> Decision:
        own = super().weigh(state, call, now)
        if (
            own.kind is not DecisionKind.ALLOW
            or call.tool not in self.gated.asks
            or isinstance(call.args, str)
        ):
            return own
        if float(call.args.get("amount", 0)) > self.gated.most:
            return Decision(
                DecisionKind.DENY,
                rule="never-that-much",
                sentence=f"More than ${self.gated.most:.2f} is never paid.",
            )
        large = self.gated.large if float(call.args.get("amount", 0)) >= 500 else {}
        facts = {**self.gated.facts, "approval": dict(large or self.gated.terms)}
        return Decision(DecisionKind.ASK, rule="money", version=4, sentence=SENTENCE, facts=facts)


def gated_rules(gated: Gated) -> Any:
    def rules(lease: Lease, toolbox: Toolbox) -> GatedRules:
        return GatedRules(toolbox, arguments.problems, gated)

    return rules


@dataclass
class Desk:
    """A bench whose `pay` asks first, and an approver."""

    bench: Bench
    gated: Gated
    pay: Probe
    ada: User

    def start(
        self,
        args: str = "{ order_id = 1042, amount = 180.0, recipient = 'anna@example.com' }",
        script: str = "",
    ) -> Run:
        """A run that has asked and waits."""
        run = self.bench.start(script or calling("pay", args) + answering())
        return self.bench.play(run)

    def asked(self, run: Run) -> Request:
        return Request.objects.get(run=run, status="open")

    def decide(
        self,
        request: Request,
        act: AnswerAct = AnswerAct.APPROVE,
        by: User | None = None,
        **facts: Any,
    ) -> Request:
        """As the form of the card now on screen would."""
        given: dict[str, Any] = {
            "digest": request.digest,
            "version": request.version,
            "at": datetime.now(UTC),
            **facts,
        }
        return deciding.decide_at_once(
            request_id=request.pk, actor=by or self.ada, act=act, **given
        )

    def paid(self) -> list[str]:
        return self.pay.keys


def person(name: str, *groups: str) -> User:
    user = User.objects.create_user(name)
    for group in groups:
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    return user


def desk(bench: Bench, gated: Gated) -> Desk:
    pay = bench.tool("pay", effect=Effect.IRREVERSIBLE, idempotent=True)
    pay.spec = ToolSpec("pay", "pays", PAYS, effect=Effect.IRREVERSIBLE, idempotent=True)
    return Desk(bench, gated, pay, person("ada", "approver"))
