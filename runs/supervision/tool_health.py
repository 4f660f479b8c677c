"""The health of the tools that a run calls: whether a breaker lets a call through, how the call
went, whether it is tried again.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol
from uuid import UUID

from policies.circuit import admission
from policies.circuit.admission import ReportOutcome
from policies.decision import ALLOWED, Decision
from policies.retries import rows, rules
from policies.retries.failure import Failure, failure_of
from policies.retries.rules import RetryRule, ToolFacts
from policies.verdicts import Meaning
from runs.engine import ids
from runs.engine.kept_calls import Flight
from runs.engine.ports import Returned, ToolSpec
from runs.engine.state import RunState
from runs.engine.vocabulary import Outcome, Verdict
from runs.runtime import patience, postgres_store


class Breakers(Protocol):
    """What answers for breakers; see `policies.circuit.admission` for what each means."""

    def glance(self, tool: str, at: datetime) -> Decision | None: ...

    async def permit(self, tool: str, run: UUID, at: datetime, timeout: float) -> Decision: ...

    def went_well(
        self, tool: str, verdict: str, permit: Decision, failure: Failure | None
    ) -> bool: ...

    async def report(
        self,
        tool: str,
        verdict: str,
        at: datetime,
        permit: Decision,
        *,
        failure: Failure | None,
        retry: RetryRule | None,
    ) -> ReportOutcome: ...

    async def withdraw(self, tool: str, at: datetime, permit: Decision) -> None: ...


class SharedBreakers:
    """Those of all runs, in the database."""

    glance = staticmethod(admission.glance)
    went_well = staticmethod(admission.went_well)

    async def permit(self, tool: str, run: UUID, at: datetime, timeout: float) -> Decision:
        async with (await postgres_store.connections()).connection() as connection:
            return await admission.permit(connection, tool, run, at, timeout)

    async def report(
        self,
        tool: str,
        verdict: str,
        at: datetime,
        permit: Decision,
        *,
        failure: Failure | None,
        retry: RetryRule | None,
    ) -> ReportOutcome:
        async with (await postgres_store.connections()).connection() as connection:
            return await admission.report(
                connection, tool, verdict, at, permit, failure=failure, retry=retry
            )

    async def withdraw(self, tool: str, at: datetime, permit: Decision) -> None:
        async with (await postgres_store.connections()).connection() as connection:
            await admission.withdraw(connection, tool, at, permit)


@dataclass
class Health:
    """What this worker holds of breakers for one run: permits by call, and the answer to the last
    report.
    """

    run: UUID
    breakers: Breakers = field(default_factory=SharedBreakers)
    permits: dict[str, Decision] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    failure: Failure | None = None
    reported: ReportOutcome = admission.NOTHING

    async def ask(self, call: str, spec: ToolSpec, now: datetime) -> None:
        """Ask the breaker about a call. Costs no query while the tool is healthy. The call that
        holds the probe keeps it: asked again, it would find the probe taken by itself.
        """
        if admission.probe_of(self.permits.get(call, ALLOWED)):
            return
        seen = self.breakers.glance(spec.name, now)
        if seen is None:
            permit = partial(self.breakers.permit, spec.name, self.run, now, spec.timeout)
            seen = await patience.patiently(self.run, permit)
        self.permits[call], self.tools[call] = seen, spec.name

    async def close(self, now: datetime) -> None:
        """Give back probes that were given to calls which were never made."""
        unused, self.permits = (
            [(call, each) for call, each in self.permits.items() if admission.probe_of(each)],
            {},
        )
        for call, permit in unused:
            await self.breakers.withdraw(self.tools[call], now, permit)

    def decision(self, call: str) -> Decision:
        """The breaker's decision on the call."""
        return self.permits.get(call, ALLOWED)

    async def tell(
        self,
        state: RunState,
        flight: Flight,
        spec: ToolSpec,
        back: Returned,
        meaning: Meaning,
        now: datetime,
    ) -> None:
        """Report how the call went. With a failure that is worth it, a retry is drawn from the
        tool's budget at the same time.
        """
        permit = self.permits.pop(flight.call, ALLOWED)
        self.failure, self.reported = failed(back, meaning, now), admission.NOTHING
        if back.outcome is Outcome.CANCELLED and not admission.probe_of(permit):
            return
        policy = rows.policy(spec.name) if self.failure else None
        wanted = bool(
            policy
            and self.failure
            and rules.wants(flight.attempt, state.retries, self.failure, facts(spec), policy)
        )
        verdict, drawn = meaning.verdict.value, policy if wanted else None
        if not wanted and self.breakers.went_well(spec.name, verdict, permit, self.failure):
            return
        telling = partial(
            self.breakers.report,
            spec.name,
            verdict,
            now,
            permit,
            failure=self.failure,
            retry=drawn,
        )
        self.reported = await patience.patiently(self.run, telling)

    def may_retry(self, state: RunState, flight: Flight, spec: ToolSpec) -> Decision:
        """What follows on the failure that was reported last."""
        if self.failure is None:
            return rules.NO_RETRY
        return rules.decide(
            flight.attempt,
            state.retries,
            self.failure,
            facts(spec),
            rows.policy(spec.name),
            ids.dice(state.seed, flight.call, flight.attempt),
            1.0 if self.reported.granted else 0.0,
            self.reported.open_for,
        )


def transport(back: Returned) -> Outcome:
    """The transport as the retry policies see it. An error without an answer counts as a timeout:
    what its process or connection said last is not what the tool says to its caller.
    """
    return Outcome.TIMEOUT if back.outcome is Outcome.ERROR and not back.answered else back.outcome


def failed(back: Returned, meaning: Meaning, now: datetime) -> Failure | None:
    """The failure as the retry policies see it; None of a call that succeeded."""
    if meaning.verdict is Verdict.SUCCEEDED:
        return None
    return failure_of(
        outcome=transport(back).value,
        verdict=meaning.verdict.value,
        rule=meaning.rule,
        error=back.error,
        result=back.result,
        sentence=meaning.sentence,
        at=now,
    )


def facts(spec: ToolSpec) -> ToolFacts:
    return ToolFacts(spec.name, spec.effect.value, spec.idempotent)
