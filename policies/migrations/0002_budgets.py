"""Budgets, and their escrow: what is spent and reserved, and which run holds how much."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from policies.current.revision import follow

VERSION = """
CREATE TRIGGER policies_budget_version BEFORE UPDATE ON policies_budget
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION policies_next_version();
"""
NO_VERSION = "DROP TRIGGER policies_budget_version ON policies_budget;"

# A raised amount is further away again: the lines it has not reached yet may be told anew.
RAISED = """
CREATE FUNCTION policies_budget_raised() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE policies_escrow p SET warned = LEAST(warned, floor(100 * (spent + reserved) /
    NEW.amount))
    WHERE budget_id = NEW.id AND warned > 0 AND NOT EXISTS (
        SELECT FROM policies_escrow later
        WHERE later.budget_id = p.budget_id AND later.holder = p.holder
        AND later.starts_at > p.starts_at
    );
    RETURN NULL;
END $$;
CREATE TRIGGER policies_budget_raised AFTER UPDATE OF amount ON policies_budget
    FOR EACH ROW WHEN (NEW.amount > OLD.amount) EXECUTE FUNCTION policies_budget_raised();
"""
NOT_RAISED = (
    "DROP TRIGGER policies_budget_raised ON policies_budget; DROP FUNCTION"
    " policies_budget_raised();"
)

# Few rows, rewritten all the time: room on the page, so that no index has to follow.
HOT = """
ALTER TABLE policies_escrow SET (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE policies_grant SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);
"""
COLD = (
    "ALTER TABLE policies_escrow RESET (fillfactor, autovacuum_vacuum_scale_factor); ALTER TABLE"
    " policies_grant RESET (fillfactor, autovacuum_vacuum_scale_factor);"
)

KEY = (
    "id",
    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
)
SCOPES = [("global", "everybody"), ("agent", "agents"), ("user", "users")]
WINDOWS = [
    ("call", "one call"),
    ("run", "one run"),
    ("hour", "an hour (UTC)"),
    ("day", "a day (UTC)"),
    ("month", "a month (UTC)"),
]
MEASURES = [
    ("usd", "USD"),
    ("tokens", "tokens"),
    ("steps", "steps"),
    ("seconds", "seconds of running time"),
]
ACTIONS = [
    ("stop", "stop the run"),
    ("pause", "pause the run and ask"),
    ("downgrade", "go on with a cheaper model"),
]
UNPRICED = [
    ("refuse", "refuse the call"),
    ("zero", "count it as zero, and say so"),
    ("fallback", "use the fallback price"),
]


def sum_of_money(**facts: Any) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(decimal_places=9, max_digits=24, **facts)


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_tool_policies")]
    operations = [
        migrations.CreateModel(
            name="Budget",
            fields=[
                KEY,
                (
                    "name",
                    models.SlugField(
                        help_text="What the journal and people call it", max_length=80, unique=True
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("enabled", models.BooleanField(default=True)),
                (
                    "scope",
                    models.CharField(
                        choices=SCOPES, default="global", max_length=8, verbose_name="for whom"
                    ),
                ),
                (
                    "who",
                    models.CharField(
                        blank=True,
                        help_text=(
                            "Names or patterns of agents or users, separated by spaces: refund-desk"
                            " bug-*"
                        ),
                        max_length=300,
                    ),
                ),
                (
                    "each",
                    models.BooleanField(
                        default=False,
                        help_text=(
                            "Every agent or user that fits has the whole amount; otherwise they"
                            " share it"
                        ),
                        verbose_name="separately for each",
                    ),
                ),
                (
                    "window",
                    models.CharField(
                        choices=WINDOWS, default="day", max_length=8, verbose_name="period"
                    ),
                ),
                ("measure", models.CharField(choices=MEASURES, default="usd", max_length=8)),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=6,
                        help_text="At most so much, spent and reserved together",
                        max_digits=18,
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=ACTIONS,
                        default="pause",
                        max_length=12,
                        verbose_name="when a call does not fit",
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        blank=True,
                        help_text="openai:MODEL or anthropic:MODEL",
                        max_length=200,
                        verbose_name="cheaper model",
                    ),
                ),
                (
                    "downgrade_at",
                    models.PositiveSmallIntegerField(
                        default=80,
                        help_text=(
                            "From here on runs go on with the cheaper model; at the full amount"
                            " they stop"
                        ),
                        verbose_name="from so many percent",
                    ),
                ),
                (
                    "lines",
                    models.CharField(
                        blank=True,
                        default="50 80 95",
                        help_text="In percent; each is told once within the time",
                        max_length=60,
                        verbose_name="warning lines",
                    ),
                ),
                (
                    "unpriced",
                    models.CharField(
                        choices=UNPRICED,
                        default="refuse",
                        max_length=8,
                        verbose_name="when the price is unknown",
                    ),
                ),
                (
                    "fallback",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="USD per million tokens",
                        max_digits=12,
                        null=True,
                        verbose_name="fallback price",
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True, help_text="Why this budget is here, for whoever edits it next"
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)),
                        name="policies_budget_not_negative",
                        violation_error_message=(
                            "Nothing can be less than nothing: zero lets no call through."
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Escrow",
            fields=[
                KEY,
                (
                    "budget",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="escrows",
                        to="policies.budget",
                    ),
                ),
                ("holder", models.CharField(default="", max_length=150)),
                ("starts_at", models.DateTimeField()),
                ("spent", sum_of_money(default=0)),
                ("reserved", sum_of_money(default=0)),
                ("warned", models.PositiveSmallIntegerField(default=0)),
                ("warned_at", models.DateTimeField(null=True)),
                (
                    "unpriced",
                    models.BigIntegerField(
                        default=0,
                        help_text="Calls that counted as zero because nobody knew their price",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("budget", "starts_at", "holder"), name="policies_escrow_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                KEY,
                (
                    "escrow",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="policies.escrow",
                    ),
                ),
                ("run", models.UUIDField()),
                ("epoch", models.PositiveIntegerField()),
                ("amount", sum_of_money()),
                ("mark", sum_of_money()),
                ("call", sum_of_money()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("run", "escrow"), name="policies_grant_once")
                ],
            },
        ),
        migrations.RunSQL(VERSION, NO_VERSION),
        migrations.RunSQL(RAISED, NOT_RAISED),
        migrations.RunSQL(HOT, COLD),
        follow("policies_budget"),
    ]
