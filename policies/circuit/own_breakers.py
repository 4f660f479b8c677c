"""Breakers of one run alone: it plays at something (an incident, a fire drill), so its failures say
nothing of a tool to anybody else, and those of others say nothing to it. They last as long as the
run's driver; the thresholds are those in force.
"""

from datetime import datetime
from uuid import UUID, uuid4

from policies.circuit import admission, breaker_cache, rules, words
from policies.circuit.admission import ReportOutcome
from policies.circuit.rules import BreakerState, Claimed
from policies.decision import ALLOWED, Decision
from policies.retries.failure import Failure
from policies.retries.rules import RetryRule


class OwnBreakers:
    """Answers as `policies.circuit.admission` does for all runs, without a table."""

    def __init__(self) -> None:
        self._known: dict[str, BreakerState] = {}

    def state(self, tool: str) -> BreakerState:
        return self._known.get(tool) or BreakerState(tool)

    def glance(self, tool: str, at: datetime) -> Decision | None:
        known = self.state(tool)
        return None if rules.probe_due(known, at) else admission.decided(known, at)

    async def permit(self, tool: str, run: UUID, at: datetime, timeout: float) -> Decision:
        policy, token = breaker_cache.thresholds(tool), f"{run} {uuid4().hex[:12]}"
        known = self._known[tool] = rules.moved(
            self.state(tool), Claimed(token, timeout), policy, at
        )
        if known.probe == token:
            return words.probing(known, policy)
        return admission.decided(known, at)

    def went_well(self, tool: str, verdict: str, permit: Decision, failure: Failure | None) -> bool:
        """Never: every call is counted at once, since that costs nothing here."""
        return False

    async def report(
        self,
        tool: str,
        verdict: str,
        at: datetime,
        permit: Decision = ALLOWED,
        *,
        failure: Failure | None = None,
        retry: RetryRule | None = None,
    ) -> ReportOutcome:
        happening = admission.happened(verdict, permit, failure)
        policy = breaker_cache.thresholds(tool)
        after, granted = admission.after(self.state(tool), [happening], policy, at, retry)
        self._known[tool] = after
        return admission.outcome(after, at, granted=granted)

    async def withdraw(self, tool: str, at: datetime, permit: Decision) -> None:
        if admission.probe_of(permit):
            await self.report(tool, "unknown", at, permit)
