"""Tool policies read from their table, and calls counted against a cap per hour.

What a policy means, `policies.gate.rules` says.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from policies import current
from policies.decision import DecisionKind
from policies.from_row import from_row
from policies.gate.gate_facts import GatePolicy
from policies.gate.models import ToolPolicy
from policies.gate.rules import ToolGate

# Several workers may allow the last call of an hour at once: the row's lock makes them queue, and
# the cap is looked at under it. Hours long gone are forgotten on the way.
TAKE = """
WITH gone AS (
    DELETE FROM policies_tally
    WHERE policy = %(policy)s AND agent = %(agent)s
    AND hour < %(hour)s::timestamptz - interval '1 day'
)
INSERT INTO policies_tally AS tally (policy, agent, hour, calls)
    VALUES (%(policy)s, %(agent)s, %(hour)s, 1)
ON CONFLICT (policy, agent, hour) DO UPDATE SET calls = tally.calls + 1 WHERE tally.calls < %(cap)s
RETURNING calls
"""
TAKEN = "SELECT policy, calls FROM policies_tally WHERE agent = %(agent)s AND hour = %(hour)s"


def load() -> ToolGate:
    """Every enabled policy, compiled. Queries."""
    return ToolGate(policy_in_force(row) for row in ToolPolicy.objects.filter(enabled=True))


def policy_in_force(row: ToolPolicy) -> GatePolicy:
    """A row as the gate understands it. One whose words this version does not know denies all that
    it is for, since it cannot be told what it let through.
    """
    try:
        return policy_of(row)
    except ValueError as error:
        sentence = f"The policy {row.name} cannot be read ({error}): what it is for is denied."
        return from_row(
            GatePolicy,
            row,
            verdict=DecisionKind.DENY,
            over_cap=DecisionKind.DENY,
            condition="",
            sentence=sentence,
        )


def policy_of(row: ToolPolicy) -> GatePolicy:
    """A row as the gate understands it, saved or not."""
    return from_row(GatePolicy, row)


GATE = current.offer("gate", load)


def in_force() -> ToolGate:
    """What this process knows of them, fresh within a second; asking costs nothing."""
    return current.bundle().get(GATE)


def take(execute_on: Any, *, policy: str, agent: str, at: datetime, cap: int) -> bool:
    """Count one allowed call in the hour of `at`; False, and nothing counted, when the hour is used
    up. One statement.

    `execute_on` is a psycopg connection or cursor, or Django's cursor. A call that is counted and
    then not made stays counted.
    """
    if cap < 1:
        return False
    facts = {"policy": policy, "agent": agent, "hour": hour_of(at), "cap": cap}
    return execute_on.execute(TAKE, facts).fetchone() is not None


def taken(execute_on: Any, *, agent: str, at: datetime) -> Mapping[str, int]:
    """Calls that each policy has allowed to the agent in the hour of `at`."""
    return dict(execute_on.execute(TAKEN, {"agent": agent, "hour": hour_of(at)}).fetchall())


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
