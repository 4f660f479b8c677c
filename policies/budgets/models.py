"""Budgets as an administrator writes them, and their escrow: what is spent and reserved of each,
and which run holds how much.

Budgets are edited in the admin; the escrow is written only by `policies.budgets.escrow`, in SQL of
its own and without constraints that it would have to wait for.
"""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q

from policies.budgets import named
from policies.budgets.rules import BudgetAction, BudgetScope, BudgetWindow, Measure, Unpriced
from policies.current.policy_table import PolicyTable

NEGATIVE = "Nothing can be less than nothing: zero lets no call through."


class Budget(PolicyTable):
    """An amount of something that somebody may use within a time. A planner call that does not fit
    is not made.
    """

    class Scopes(models.TextChoices):
        GLOBAL = BudgetScope.GLOBAL.value, "everybody"
        AGENT = BudgetScope.AGENT.value, "agents"
        USER = BudgetScope.USER.value, "users"

    class Windows(models.TextChoices):
        CALL = BudgetWindow.CALL.value, "one call"
        RUN = BudgetWindow.RUN.value, "one run"
        HOUR = BudgetWindow.HOUR.value, "an hour (UTC)"
        DAY = BudgetWindow.DAY.value, "a day (UTC)"
        MONTH = BudgetWindow.MONTH.value, "a month (UTC)"

    class Measures(models.TextChoices):
        USD = Measure.USD.value, "USD"
        TOKENS = Measure.TOKENS.value, "tokens"
        STEPS = Measure.STEPS.value, "steps"
        SECONDS = Measure.SECONDS.value, "seconds of running time"

    class Actions(models.TextChoices):
        STOP = BudgetAction.STOP.value, "stop the run"
        PAUSE = BudgetAction.PAUSE.value, "pause the run and ask"
        DOWNGRADE = BudgetAction.DOWNGRADE.value, "go on with a cheaper model"

    class UnpricedAs(models.TextChoices):
        REFUSE = Unpriced.REFUSE.value, "refuse the call"
        ZERO = Unpriced.ZERO.value, "count it as zero, and say so"
        FALLBACK = Unpriced.FALLBACK.value, "use the fallback price"

    scope = models.CharField(
        "for whom", max_length=8, choices=Scopes.choices, default=Scopes.GLOBAL
    )
    who = models.TextField(
        blank=True,
        help_text="Names or patterns of agents or users, separated by spaces: refund-desk bug-*",
    )
    each = models.BooleanField(
        "separately for each",
        default=False,
        help_text="Every agent or user that fits has the whole amount; otherwise they share it",
    )
    window = models.CharField("period", max_length=8, choices=Windows.choices, default=Windows.DAY)
    measure = models.CharField(max_length=8, choices=Measures.choices, default=Measures.USD)
    amount = models.DecimalField(
        max_digits=18, decimal_places=6, help_text="At most so much, spent and reserved together"
    )
    action = models.CharField(
        "when a call does not fit", max_length=12, choices=Actions.choices, default=Actions.PAUSE
    )
    model = models.CharField(
        "cheaper model",
        max_length=200,
        blank=True,
        help_text=(
            "openai:MODEL or anthropic:MODEL. Empty: each agent's usual model in place of its"
            " better one; an agent that names no better one stops"
        ),
    )
    downgrade_at = models.PositiveSmallIntegerField(
        "from so many percent",
        default=80,
        help_text=(
            "From here on runs go on with the cheaper model, until the next period or more amount"
            " leaves room again; at the full amount they stop"
        ),
    )
    lines = models.CharField(
        "warning lines",
        max_length=60,
        blank=True,
        default="50 80 95",
        help_text="In percent; each is told once within the time",
    )
    unpriced = models.CharField(
        "when the price is unknown",
        max_length=8,
        choices=UnpricedAs.choices,
        default=UnpricedAs.REFUSE,
    )
    fallback = models.DecimalField(
        "fallback price",
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="USD per million tokens",
    )
    note = models.TextField(
        blank=True, help_text="Why this budget is here, for whoever edits it next"
    )

    class Meta(PolicyTable.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="policies_budget_not_negative",
                violation_error_message=NEGATIVE,
            )
        ]

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Save the row, with people as ids. Raises ValidationError for a name that nobody has."""
        if self.scope == self.Scopes.USER and (update_fields is None or "who" in update_fields):
            self.who = named.stored(self.who)
        super().save(*args, update_fields=update_fields, **kwargs)


class Escrow(models.Model):
    """One budget within one period, for one holder: what is spent, what is reserved, and the
    highest warning line that was told.
    """

    budget = models.ForeignKey(
        Budget,
        on_delete=models.CASCADE,
        related_name="escrows",
        db_index=False,
        db_constraint=False,
    )
    holder = models.CharField(max_length=150, default="")
    starts_at = models.DateTimeField()
    spent = models.DecimalField(max_digits=24, decimal_places=9, default=0)
    reserved = models.DecimalField(max_digits=24, decimal_places=9, default=0)
    warned = models.PositiveSmallIntegerField(default=0)
    warned_at = models.DateTimeField(null=True)
    unpriced = models.BigIntegerField(
        default=0, help_text="Calls that counted as zero because nobody knew their price"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("budget", "starts_at", "holder"), name="policies_escrow_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.budget_id} {self.holder} {self.starts_at:%F %H:%M}".replace("  ", " ")


class Grant(models.Model):
    """What one run, under one lease, holds of an escrow. `mark`: the run's own count when it was
    given; `call`: the most expensive call it may make.
    """

    escrow = models.ForeignKey(
        Escrow, on_delete=models.CASCADE, related_name="grants", db_index=False, db_constraint=False
    )
    run = models.UUIDField()
    epoch = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=24, decimal_places=9)
    mark = models.DecimalField(max_digits=24, decimal_places=9)
    call = models.DecimalField(max_digits=24, decimal_places=9)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("run", "escrow"), name="policies_grant_once")
        ]

    def __str__(self) -> str:
        return f"{self.amount} to {self.run}"
