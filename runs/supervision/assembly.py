"""Puts together the supervision of one run."""

from console.journal import pool
from policies import memberships
from policies.circuit.own_breakers import OwnBreakers
from runs.engine.ports import Toolbox
from runs.runtime.baseline_rules import OwnRules, Problems
from runs.runtime.dependencies import Supervision
from runs.runtime.lease import Lease
from runs.snapshots import SHADOW
from runs.supervision import drilled
from runs.supervision.completion import AcceptanceChecker
from runs.supervision.drilled import Drilled
from runs.supervision.judge_schedule import Judging
from runs.supervision.routing_rules import Routing
from runs.supervision.shared_budgets import NO_GRANTS, BudgetGuard
from runs.supervision.supervised import Supervised
from runs.supervision.tool_gate import ToolPolicyGuard
from runs.supervision.tool_health import Health

AT_ONCE = 8
"""How many results one question about provenance may read on the loop that all runs share."""
PERSON = """SELECT auth_user.is_superuser, array_remove(array_agg(auth_group.name), NULL)
    FROM auth_user
    LEFT JOIN auth_user_groups ON auth_user_groups.user_id = auth_user.id
    LEFT JOIN auth_group ON auth_group.id = auth_user_groups.group_id
    WHERE auth_user.id = %s AND auth_user.is_active GROUP BY auth_user.id"""


def supervised(lease: Lease, toolbox: Toolbox, problems: Problems) -> Supervision:
    """The rules of the run that `lease` holds. Queries: not for the event loop's thread.

    A recording is played back as it was: nothing of it happens anew, so there is nothing to hold
    back, to retry or to learn from.
    """
    if "recording" in lease.snapshot:
        return OwnRules(toolbox, problems)
    acceptance_checker = AcceptanceChecker(lease.snapshot)
    gate = policy_guard(lease)
    judging = Judging(lease.snapshot, acceptance_checker)
    routing = Routing.of(lease.snapshot)
    if (drill := lease.snapshot.get("drill")) is not None:
        return Drilled(
            toolbox,
            problems,
            gate,
            acceptance_checker,
            drilled.budget_guard(lease),
            health(lease),
            judging,
            routing,
            drill=drill,
        )
    return Supervised(
        toolbox,
        problems,
        gate,
        acceptance_checker,
        budgets(lease),
        health(lease),
        judging,
        routing,
    )


def budgets(lease: Lease) -> BudgetGuard:
    """The run's share of the shared budgets. An incident has none: its money is made up, so it may
    neither spend what real work needs nor be stopped by what that has spent.
    """
    return BudgetGuard(lease, NO_GRANTS) if SHADOW in lease.snapshot else BudgetGuard(lease)


def health(lease: Lease) -> Health:
    """How the run's calls go. One that only plays, an incident or a drill, has breakers of its own:
    what it makes tools do says nothing to real work, nor to the next one.
    """
    plays = SHADOW in lease.snapshot or "drill" in lease.snapshot
    return Health(lease.run, OwnBreakers()) if plays else Health(lease.run)


def policy_guard(lease: Lease) -> ToolPolicyGuard:
    """The gate for one run. A run can do no more than whoever started it: it has their groups as
    they are now, and none once they are switched off.
    """
    known = memberships.people()
    with pool.pool().connection() as connection:
        unbounded, groups = connection.execute(PERSON, (lease.principal_id,)).fetchone() or (
            False,
            (),
        )
    return ToolPolicyGuard(
        lease, frozenset(groups), unbounded=unbounded, at_once=AT_ONCE, known=known
    )
