"""Giving a run more of the limit that it reached, for a reason, so that it goes on from there.

Its agent's limits stay as they are. So do shared budgets, which are raised where they are kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction

from console import figures
from console.journal import acting
from console.json_value import Json
from console.refused import Refused
from policies import authority
from policies.authority import Person, Verb
from policies.current.four_eyes import proposable_acts, raised_limits, taking_two
from policies.current.four_eyes.proposable_acts import ProposableAct
from policies.current.four_eyes.rules import WideningKind
from policies.current.four_eyes.taking_two import WantedChange
from policies.decision import DecisionKind
from runs import run_authority, run_rows, services
from runs.engine import limits
from runs.engine.events import RunExtended
from runs.engine.fold import folded
from runs.engine.limits import OWN
from runs.engine.state import RunState
from runs.models import Run

EXTEND = "extend"
"""The act of raising a run's limit, as proposed changes know it."""
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
MOST_NAMED = 3
UNEXPLAINED = "Say why it gets more: the reason is kept with your name."
MORE_THAN_THAT = "More than that takes somebody who may edit budgets."
OTHER = "It was not stopped by a limit of its own, so there is none to raise."
COLUMNS = {
    "steps": "max_steps",
    "tokens": "max_tokens",
    "usd": "max_usd",
    "deadline": "max_seconds",
}
CENT = Decimal("0.01")
HELD = {limit: Decimal("0.0001" if limit == "usd" else "1") for limit in COLUMNS}
"""The smallest difference that each column can tell."""
UNITS = {"steps": "steps", "tokens": "tokens", "usd": "US dollars", "deadline": "seconds"}
LARGEST = {"steps": 10**5, "tokens": 10**10, "usd": 10**6, "deadline": 10**7}


@dataclass(frozen=True, slots=True)
class Reached:
    """The limit that ended a run: which one, how much it is, in what, and how much its agent
    allows, None where the run did not keep that.
    """

    limit: str
    value: Decimal
    agents: Decimal | None = None

    @property
    def unit(self) -> str:
        return UNITS[self.limit]

    @property
    def words(self) -> str:
        return self.said(self.value)

    def said(self, amount: Decimal) -> str:
        """An amount as meters say it: `$0.40`, `15 min`, `200,000 tokens`."""
        if self.limit == "usd":
            return figures.exact_money(amount)
        if self.limit == "deadline":
            return figures.allowance(int(amount))
        return f"{figures.count(int(amount))} {self.unit}"

    @property
    def room(self) -> str:
        """What its agent allows, where that is more; empty where it is not."""
        return self.said(self.agents) if self.agents and self.agents > self.value else ""

    @property
    def suggestion(self) -> str:
        """Twice as much, or what its agent allows where that is less, as a field holds it."""
        twice = self.value * 2
        if self.agents is not None and self.value < self.agents < twice:
            twice = self.agents
        cents = self.limit == "usd" and twice == twice.quantize(CENT)
        return f"{twice:.2f}" if cents else plain(twice)


def plain(value: Decimal) -> str:
    """A number without an exponent and without trailing zeros."""
    return f"{value:f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def reached(run: Run, rule: str) -> Reached | None:
    """The run's own limit that the rule is about; None when it is about another."""
    limit = rule.removeprefix(OWN)
    if run.status != "stopped" or run.undone or not rule.startswith(OWN) or limit not in COLUMNS:
        return None
    name = COLUMNS[limit]
    return Reached(limit, Decimal(getattr(run, name)), run_authority.agents_limits(run).get(name))


def barred(run: Run, who: Person) -> str:
    """Why this reader may not raise the run's limit, and who may; empty when they may."""
    no = authority.refused(Verb.EXTEND, who, run_authority.held(run))
    if no is None:
        return ""
    able = User.objects.with_perm(run_authority.RAISES, backend=MODEL_BACKEND)
    names = list(able.order_by("username").values_list("username", flat=True)[: MOST_NAMED + 1])
    more = " and others" if len(names) > MOST_NAMED else ""
    named = f" Ask {' or '.join(names[:MOST_NAMED])}{more}." if names else ""
    return f"{no.sentence}{named}"


def extend(
    *,
    run_id: UUID,
    actor: AbstractBaseUser,
    at: datetime,
    value: str,
    note: str = "",
    confirmed: bool = False,
) -> Run:
    """Set the limit that ended the run to `value`, and queue the run again. Raises Refused when it
    could not take one more step, and Held where so much takes a second person and none has
    `confirmed` it.
    """
    with transaction.atomic():
        run = run_rows.locked(run_id)
        services.allowed(Verb.EXTEND, actor, run)
        if not note.strip():
            raise Refused(UNEXPLAINED)
        state, rule = run_rows.state_of(run), run_rows.ended_by(run)
        found = reached(run, rule)
        if found is None:
            raise Refused(OTHER)
        raised = amount(found, value)
        within(found, raised, actor)
        who = acting.of(actor)
        event = RunExtended(
            at=at,
            actor=who.name,
            person=who.person,
            limit=found.limit,
            value=plain(raised),
            was=plain(found.value),
            note=note,
        )
        enough(folded([event], state), at)
        if not confirmed:
            taking_two.hold(wanted(run, found, raised, note))
        run_rows.appended(run, state, [event])
        setattr(run, COLUMNS[found.limit], raised)
        run.save(update_fields=[COLUMNS[found.limit]])
        transaction.on_commit(partial(run_rows.wake, run.id))
    return run


def wanted(run: Run, found: Reached, raised: Decimal, note: str) -> WantedChange:
    """The raise as a change to propose."""
    measure = COLUMNS[found.limit].removeprefix("max_")
    wider = raised_limits.limit(measure, found.value, raised, taking_two.bounds())
    return WantedChange(
        kind=WideningKind.BUDGET,
        act=EXTEND,
        args={"run": str(run.pk), "value": plain(raised), "note": note},
        rests_on=rests_on({"run": str(run.pk)}),
        what=f"Raise a limit of run {str(run.pk)[:8]} of {run.agent.title}",
        widens=(wider,) if wider else (),
        reason=note,
    )


def rests_on(args: Mapping[str, Any]) -> Json:
    """How the run stands, and its own limits."""
    found = Run.objects.filter(pk=args["run"]).values_list("status", "undone", *COLUMNS.values())
    return [str(each) for each in found.first() or ()]


def extend_confirmed(args: Mapping[str, Any], actor: User, at: datetime) -> None:
    run = UUID(args["run"])
    extend(run_id=run, actor=actor, at=at, value=args["value"], note=args["note"], confirmed=True)


proposable_acts.offer(
    ProposableAct(
        EXTEND,
        lambda args: ("runs.view_run", "policies.change_budget"),
        rests_on,
        extend_confirmed,
    )
)


def amount(found: Reached, value: str) -> Decimal:
    """The new limit as the run's column holds it. Raises Refused when it is not more than it was,
    or more than any run may have.
    """
    try:
        raised = Decimal(value.strip().replace(",", ""))
    except InvalidOperation:
        raised = Decimal("NaN")
    most = LARGEST[found.limit]
    sane = raised.is_finite() and abs(raised) <= most
    held = raised.quantize(HELD[found.limit], ROUND_DOWN) if sane else found.value
    if held <= found.value:
        raise Refused(f"The new limit is more than {found.words}, at most {most:,}.")
    if found.limit != "usd" and raised != held:
        raise Refused(f"A limit of {found.unit} is a whole number.")
    return held


def within(found: Reached, raised: Decimal, actor: AbstractBaseUser) -> None:
    """Raises Refused for more than the run's agent allows by somebody who edits no budgets."""
    guards = run_authority.person_of(actor, groups=False).budget_guard
    if not guards and (found.agents is None or raised > found.agents):
        raise Refused(f"Its agent allows {found.room or found.words}. {MORE_THAN_THAT}")


def enough(after: RunState, at: datetime) -> None:
    """Raises Refused when the very next step would break a limit all the same, this or another."""
    said = limits.may_go_on(after, at)
    if said.kind is not DecisionKind.ALLOW:
        raise Refused(f"That would end it again before its next step. {said.sentence}")
