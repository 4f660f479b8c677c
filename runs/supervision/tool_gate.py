"""The tool gate for one run: the facts about a proposed call for the policies, and their
decision.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from console.journal.records import text_of
from console.json_value import Json
from policies import memberships
from policies.decision import Decision, DecisionKind
from policies.gate import rows as tool_policies
from policies.gate import rules as gate
from policies.gate.gate_facts import AllowedCalls, CallFacts, RunFacts
from policies.memberships import Memberships
from policies.scopes import rows as scopes
from policies.scopes import rules as scope_rules
from policies.taint.provenance import ProvenanceTracker
from runs.engine import events as e
from runs.engine import recall, tokens
from runs.engine.ports import ToolCall, ToolSpec
from runs.engine.state import RunState
from runs.runtime.lease import Lease

RECALLING = Decision(DecisionKind.ALLOW, rule="built-in")
HEARD = frozenset({e.RunCreated, e.CallIntended, e.CallReturned, e.CallRefused, e.CallDecided})


class ToolPolicyGuard:
    """Asks the gate about the calls of one run.

    Keeps the run's provenance and what each policy has allowed it so far.

    `unbounded`: the run works for a superuser, who holds every scope. `at_once`: results that one
    question may read, see `ProvenanceTracker`. `known`: people as this process knew them when the
    groups were read; None for what is not live.
    """

    def __init__(
        self,
        lease: Lease,
        groups: frozenset[str],
        *,
        unbounded: bool = False,
        at_once: int | None = None,
        known: Memberships | None = None,
    ) -> None:
        self.lease, self.groups, self.unbounded = lease, groups, unbounded
        self.known = known
        self.agent = str(lease.snapshot.get("name", ""))
        self.tracker = ProvenanceTracker([str(lease.snapshot.get("prompt", ""))], at_once)
        self.recorded = "recording" in lease.snapshot
        self.allowed: dict[str, int] = {}
        self.expected = Counter[str]()
        self.used_up: dict[str, tuple[datetime, int]] = {}

    def observe(self, events: Sequence[e.RunEvent]) -> None:
        for event in events:
            if type(event) in HEARD:
                self._hear(event)

    def _hear(self, event: e.RunEvent) -> None:
        match event:
            case e.RunCreated():
                self.tracker.trust(event.goal)
            case e.CallIntended():
                self.allowed[event.rule] = self.allowed.get(event.rule, 0) + 1
            case e.CallReturned() if not event.retry_at and event.tool != recall.RECALL:
                self.tracker.hear_of(
                    event.tool,
                    event.step,
                    partial(tokens.result_text, event.result, event.error, ""),
                    table=not event.error and not isinstance(event.result, str),
                )
            case e.CallRefused() if event.answer:
                self.tracker.trust(event.answer)
            case e.CallDecided():
                self.tracker.trust(tokens.rendered(dict(event.args or {})))

    def expect(self, policy: str) -> None:
        """Count a call that the policy has just let through for the call that is judged next and
        may be made beside it.
        """
        self.expected[policy] += 1

    def notice(self) -> None:
        """Take in the person's groups as they are now: somebody who leaves a group lends the run no
        longer what it holds.
        """
        if self.known is not None and (now := memberships.people()) is not self.known:
            self.known, lent = now, now.of(self.lease.principal_id)
            self.groups, self.unbounded = lent.groups, lent.unbounded

    def decision(
        self,
        state: RunState,
        call: ToolCall,
        spec: ToolSpec,
        policies: gate.ToolGate,
        now: datetime,
    ) -> Decision:
        """The gate's own decision; arguments have passed the tool's schema already. No policy gives
        a person a scope they do not hold. Recalling an earlier result is allowed, since the call
        was allowed when it was made.
        """
        if spec is recall.SPEC:
            return RECALLING
        self.notice()
        if not self.unbounded and not scopes.held(spec.scope, self.groups):
            return scope_rules.lacking(spec.name, spec.scope, self.lease.principal)
        args: Mapping[str, Json] = call.args if isinstance(call.args, Mapping) else {}
        return gate.judge(self.facts(state, spec.name, spec.effect.value, args, now), policies)

    def facts(
        self, state: RunState, tool: str, effect: str, args: Mapping[str, Json], now: datetime
    ) -> CallFacts:
        """All facts about a proposed call that policies may ask for."""
        return CallFacts(
            agent=self.agent,
            tool=tool,
            effect=effect,
            args=args,
            principal=self.lease.principal,
            person=str(self.lease.principal_id or ""),
            groups=self.groups,
            run=self._run(state),
            at=now,
            provenance=self.tracker,
            so_far=lambda policy: AllowedCalls(self.so_far(policy), self.this_hour(policy, now)),
        )

    def so_far(self, policy: str) -> int:
        """How many calls the policy has allowed this run, including those that will have been made
        by then.
        """
        return self.allowed.get(policy, 0) + self.expected[policy]

    def this_hour(self, policy: str, now: datetime) -> int:
        """How many calls the policy has allowed this hour, as far as this run was told: 0 until the
        hour was used up.
        """
        hour, calls = self.used_up.get(policy, (now, 0))
        return calls if hour == tool_policies.hour_of(now) else 0

    def _run(self, state: RunState) -> RunFacts:
        return RunFacts(
            id=text_of(self.lease.run),
            step=state.step,
            calls=state.calls + self.expected.total(),
            tokens=state.tokens_in + state.tokens_out,
            usd=None if state.usd_unknown else state.usd,
            goal=state.goal,
            recorded=self.recorded,
        )
