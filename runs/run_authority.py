"""Who may do what to a run: gathers the run's facts and the person's for `policies.authority`,
which decides. Reads only.
"""

from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser, User

from policies import authority, memberships
from policies.authority import No, Person, Question, RunPosition, Verb
from runs import snapshots
from runs.engine.stop_reasons import ASKS_PEOPLE
from runs.engine.vocabulary import RunStatus
from runs.models import Run
from runs.reading import doubt
from runs.runtime.dependencies import dependencies

OPERATES = memberships.STARTS
DECIDES = "approvals.decide_request"
RAISES = "policies.change_budget"
PULLS = "policies.pull_lever"


def person_of(user: AbstractBaseUser, *, groups: bool = True) -> Person:
    """The user as a person who acts. Two queries at most; superusers count as members of every
    group. `groups`: whether their groups matter.
    """
    if not isinstance(user, User):
        raise TypeError("nobody is signed in")
    return Person(
        id=str(user.pk),
        groups=frozenset(user.groups.values_list("name", flat=True)) if groups else frozenset(),
        approver=user.has_perm(DECIDES),
        everywhere=user.is_active and user.is_superuser,
        operator=user.has_perm(OPERATES),
        budget_guard=user.has_perm(RAISES),
        puller=user.has_perm(PULLS),
    )


def held(run: Run) -> RunPosition:
    return RunPosition(run.status, run.control, str(run.principal_id) if is_narrowed(run) else "")


def is_narrowed(run: Run) -> bool:
    """Whether a limit of the run is below that of its agent, as it was when the run was started."""
    return any(getattr(run, name) < most for name, most in agents_limits(run).items())


def agents_limits(run: Run) -> dict[str, Decimal]:
    """The limits of the run's agent by the names of the run's columns, as far as it kept them."""
    known = {name: run.snapshot.get(name) for name in snapshots.LIMITS}
    return {name: Decimal(str(most)) for name, most in known.items() if most is not None}


def asked_of(run: Run) -> Question | None:
    """The request that keeps the run standing still until people answer. One query where there may
    be one, otherwise none.
    """
    return dependencies().approvals.question(run.pk) if stands_by_people(run) else None


def stands_by_people(run: Run) -> bool:
    if run.status == RunStatus.PAUSED:
        return run.stop_reason in ASKS_PEOPLE
    return run.status == RunStatus.COMPENSATING or doubt.stands(run)


def refusal(verb: Verb, user: AbstractBaseUser, run: Run) -> No | None:
    """Why the user may not do it as things are; None when they may."""
    asked = asked_of(run)
    return authority.refused(verb, person_of(user, groups=asked is not None), held(run), asked)
