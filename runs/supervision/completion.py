"""Whether the run is done: its final answer, and what it did, against the criteria that were fixed
before it started.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from policies import acceptance
from policies.acceptance import Attempt, BadCriteria, CallMade, Criterion, CriterionCheck
from policies.decision import ALLOWED, Decision, DecisionKind, StopReason
from runs.engine import events as e
from runs.engine.state import RunState

RULE = "acceptance"


class AcceptanceChecker:
    """Knows the criteria of one run and what it has done so far."""

    def __init__(self, snapshot: Mapping[str, Any]) -> None:
        self.most = int(snapshot.get("answers_refused") or 0)
        self.asks = bool(snapshot.get("person_may_accept"))
        self.criteria: tuple[Criterion, ...] = ()
        self.broken = ""
        try:
            self.criteria = acceptance.read(snapshot.get("acceptance") or [])
        except BadCriteria as wrong:
            self.broken = str(wrong)
        self.made: list[CallMade] = []
        self._intents: dict[str, e.CallIntended] = {}

    def observe(self, events: Sequence[e.RunEvent]) -> None:
        if not self.criteria:
            return
        for event in events:
            if isinstance(event, e.CallIntended):
                self._intents[event.call] = event
            elif (
                isinstance(event, e.CallReturned)
                and not event.retry_at
                and (intent := self._intents.pop(event.call, None))
            ):
                self.made.append(
                    CallMade(event.tool, intent.args, event.verdict.value, event.result)
                )

    def checks(self, state: RunState, final: str | None) -> tuple[CriterionCheck, ...]:
        """Each criterion, met or not; `final` is None while there is no answer."""
        attempt = Attempt(
            final=final,
            made=self.made,
            steps=state.step,
            calls=state.calls,
            tokens=state.tokens_in + state.tokens_out,
            usd=None if state.usd_unknown else state.usd,
            goal=state.goal,
        )
        return acceptance.checked(self.criteria, attempt)

    def decision(self, state: RunState, final: str) -> Decision:
        """ALLOW, or what is missing. After so many refusals it is the end, or a person decides."""
        if self.broken:
            failed = StopReason.ACCEPTANCE_FAILED
            return Decision(DecisionKind.STOP, RULE, sentence=self.broken, reason=failed)
        checks = self.checks(state, final)
        lacking = acceptance.missing(checks)
        if not lacking:
            return ALLOWED
        facts = {
            "checks": [
                {"name": check.name, "passed": check.passed, "sentence": check.sentence}
                for check in checks
            ]
        }
        if state.rejections < self.most:
            return Decision(DecisionKind.DENY, RULE, 0, lacking, facts)
        kind = DecisionKind.PAUSE if self.asks else DecisionKind.STOP
        return Decision(kind, RULE, 0, lacking, facts, StopReason.ACCEPTANCE_FAILED)
