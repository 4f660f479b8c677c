"""Puts the supervision of one run together."""

from console.journal import pool
from runs.engine.ports import Toolbox
from runs.runtime.crew import Supervision
from runs.runtime.lease import Lease
from runs.runtime.rules import OwnRules, Problems
from runs.supervision.acceptance import Examiner
from runs.supervision.budgets import Treasurer
from runs.supervision.gate import Gatekeeper
from runs.supervision.health import Health
from runs.supervision.judging import Judging
from runs.supervision.supervised import Supervised

GROUPS = """SELECT auth_group.name FROM auth_group
    JOIN auth_user_groups ON auth_user_groups.group_id = auth_group.id
    JOIN auth_user ON auth_user.id = auth_user_groups.user_id
    WHERE auth_user.username = %s"""


def supervised(lease: Lease, toolbox: Toolbox, problems: Problems) -> Supervision:
    """The rules of the run that `lease` holds. Queries: not for the event loop's thread.

    A recording is played back as it was: nothing of it happens anew, so there is nothing to hold back, to retry or to learn from.
    """
    if "recording" in lease.snapshot:
        return OwnRules(toolbox, problems)
    examiner = Examiner(lease.snapshot)
    return Supervised(
        toolbox,
        problems,
        Gatekeeper(lease, groups_of(lease.principal)),
        examiner,
        Treasurer(lease),
        Health(lease.run),
        Judging(lease.snapshot, examiner),
    )


def groups_of(principal: str) -> frozenset[str]:
    """What a person belongs to: a run can do no more than whoever started it."""
    with pool.pool().connection() as connection:
        return frozenset(row[0] for row in connection.execute(GROUPS, (principal,)).fetchall())
