"""Budgets in the admin: what each of them has left now, and edits that running runs obey from their
next step.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import CharField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from console import figures
from console.journal import database_clock
from console.signing_in.confirming import Confirmed
from policies.budgets import periods, rows, words
from policies.budgets.budget_form import BudgetForm
from policies.budgets.models import Budget, Escrow
from policies.budgets.rules import SHARED, ZERO, BudgetWindow
from policies.current import live_runs, policy_admin, policy_reach
from policies.current.four_eyes import raised_limits, taking_two
from policies.current.four_eyes.admin_holds import FourEyes
from policies.current.four_eyes.rules import RowFacts, Widening, WideningKind
from policies.current.policy_admin import TellingAdmin

KEPT = ("measure", "window")


@admin.register(Budget)
class BudgetAdmin(Confirmed, FourEyes, TellingAdmin):
    """A call must fit every budget that holds its run."""

    form = BudgetForm
    four_eyes = WideningKind.BUDGET
    list_display = ("name", "limit", "now", "consequence", "enabled", "version")
    list_filter = ("enabled", "scope", "window", "measure")
    search_fields = ("name", "who", "note")
    save_as = True
    fieldsets = (
        (None, {"fields": ("name", "enabled")}),
        ("At most", {"fields": (("amount", "measure", "window"), "now")}),
        ("For whom", {"fields": ("scope", "who", "each")}),
        (
            "When a call does not fit",
            {
                "fields": ("action", "model", "downgrade_at"),
                "description": (
                    "Asked before each call to a model, with an upper estimate of what it could"
                    " take."
                ),
            },
        ),
        (
            "Warnings",
            {
                "fields": ("lines",),
                "description": "Journalled, and shown to whoever's run crosses the line.",
            },
        ),
        (
            "Models without a known price",
            {
                "fields": ("unpriced", "fallback"),
                "description": (
                    "For budgets of USD. An unknown price is not zero; an agent's page takes the"
                    " prices of its model."
                ),
            },
        ),
        ("For whoever reads this next", {"fields": ("note",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Budget]:
        """Budgets with the buckets of the running hour, day and month: one query more, however many
        budgets.
        """
        begun = {periods.begin(window, database_clock.now()) for window in SHARED}
        recent = Prefetch(
            "escrows",
            queryset=buckets().filter(starts_at__in=begun).order_by("holder"),
            to_attr="running",
        )
        return super().get_queryset(request).prefetch_related(recent)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Budget | None = None
    ) -> tuple[str, ...]:
        return ("now", *KEPT) if obj and "_saveasnew" not in request.POST else ("now",)

    def widened(self, row: Budget, before: RowFacts, after: RowFacts) -> Sequence[Widening]:
        return raised_limits.budget(before, after, taking_two.bounds())

    @admin.display(description="at most", ordering="amount")
    def limit(self, budget: Budget) -> str:
        rule = rows.budget_of(budget)
        return (
            f"{words.amount(rule.measure, rule.amount)} within"
            f" {budget.get_window_display()}{words.whose(rule)}"
        )

    @admin.display(description="now")
    def now(self, budget: Budget) -> str:
        if not budget.pk:
            return "Nothing is spent of it yet."
        return meter(budget, database_clock.now())

    @admin.display(description="a run whose call does not fit", ordering="action")
    def consequence(self, budget: Budget) -> str:
        rule = rows.budget_of(budget)
        return words.consequence(rule.action, rule.model)

    def in_force_now(self, row: Budget) -> str:
        """Say for whom, and what else those runs have to fit, since no budget overrides another."""
        if not row.enabled:
            return policy_admin.OUT_OF_FORCE
        others, mine = rows.load(), held(row)
        beside = [
            other.name
            for other in others
            if other.id != row.pk
            and any(other.holds(each.agent, each.person, each.called) for each in mine)
        ]
        also = f" They must fit {policy_reach.listed(beside)} as well." if beside else ""
        return f"{policy_reach.held_by(sum(each.runs for each in mine))}{also}"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        budget = form.instance
        if waiting := sum(each.waiting for each in held(budget)):
            messages.info(request, standing(waiting))
        if budget.enabled and any(
            bucket.spent + bucket.reserved >= budget.amount
            for bucket in running(budget, database_clock.now())
        ):
            messages.warning(
                request,
                f"It is used up already: a run that draws on it {self.consequence(budget)}.",
            )


def held(budget: Budget) -> list[live_runs.LiveRuns]:
    """The live runs that the budget is for."""
    rule = rows.budget_of(budget)
    return [each for each in live_runs.live() if rule.holds(each.agent, each.person, each.called)]


def standing(runs: int) -> str:
    """That runs which a budget paused go on only when they are resumed, and where that is done."""
    return format_html(
        'A budget has paused {} of them, which {} until resumed: <a href="{}?q={}">show {}</a>.',
        figures.plural(runs, "run"),
        "waits" if runs == 1 else "wait",
        reverse("fleet"),
        quote("status:paused reason:budget_exceeded,timeout"),
        "it" if runs == 1 else "them",
    )


def buckets() -> QuerySet[Escrow]:
    """Buckets, each with the name of the person whose id its holder may be."""
    person = (
        User.objects.annotate(text=Cast("pk", CharField()))
        .filter(text=OuterRef("holder"))
        .values("username")
    )
    return Escrow.objects.annotate(called=Subquery(person))


def running(budget: Budget, at: datetime) -> list[Escrow]:
    """The buckets of the period that is running."""
    if BudgetWindow(budget.window) not in SHARED:
        return []
    begun = periods.begin(BudgetWindow(budget.window), at)
    prefetched = getattr(budget, "running", None)
    found = buckets().filter(budget=budget, starts_at=begun) if prefetched is None else prefetched
    return [bucket for bucket in found if bucket.starts_at == begun]


def meter(budget: Budget, at: datetime) -> str:
    """`$61.20 spent · $5.90 reserved · $32.90 left`; of several buckets the fullest."""
    if BudgetWindow(budget.window) not in SHARED:
        return "counted by each run itself"
    found = running(budget, at)
    fullest = max(
        found,
        key=lambda bucket: bucket.spent + bucket.reserved,
        default=Escrow(spent=ZERO, reserved=ZERO),
    )
    if not budget.each or not found:
        return standing_words(budget, fullest)
    return (
        f"{len(found)} {'bucket' if len(found) == 1 else 'buckets'}; the fullest,"
        f" {holder(budget, fullest)}: {standing_words(budget, fullest)}"
    )


def holder(budget: Budget, bucket: Escrow) -> str:
    """Whose bucket it is, as people say it."""
    called = getattr(bucket, "called", None) if budget.scope == Budget.Scopes.USER else None
    return str(called or bucket.holder)


def standing_words(budget: Budget, bucket: Escrow) -> str:
    rule = rows.budget_of(budget)
    left = max(rule.amount - bucket.spent - bucket.reserved, ZERO)
    spent, reserved, remains = (
        words.figure(rule.measure, number) for number in (bucket.spent, bucket.reserved, left)
    )
    unpriced = (
        f" · {bucket.unpriced:,} calls without a known price count as nothing"
        if bucket.unpriced
        else ""
    )
    return f"{spent} spent · {reserved} reserved · {remains} left{unpriced}"
