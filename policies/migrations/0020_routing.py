"""Which of an agent's models takes a step: a table of policies."""

import django.core.validators
from django.db import migrations, models

from policies.current.revision import follow

VERSION = """
CREATE TRIGGER policies_routingpolicy_version BEFORE UPDATE ON policies_routingpolicy
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION policies_next_version();
"""
NO_VERSION = "DROP TRIGGER policies_routingpolicy_version ON policies_routingpolicy;"


class Migration(migrations.Migration):
    dependencies = [("policies", "0019_patience")]

    operations = [
        migrations.CreateModel(
            name="RoutingPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.SlugField(
                        help_text="What the journal and people call it", max_length=80, unique=True
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("enabled", models.BooleanField(default=True)),
                (
                    "priority",
                    models.PositiveIntegerField(
                        default=100,
                        help_text="Lowest first; the first policy that fits and holds decides",
                    ),
                ),
                (
                    "agents",
                    models.CharField(
                        default="*",
                        help_text=(
                            "Names or patterns of agents, separated by spaces: refund-desk"
                            " research-*. Agents that name no better model are never routed"
                        ),
                        max_length=500,
                    ),
                ),
                (
                    "tools",
                    models.CharField(
                        default="*",
                        help_text=(
                            "Names or patterns of tools, separated by spaces; *: whatever was"
                            " called last"
                        ),
                        max_length=500,
                        verbose_name="after a call of",
                    ),
                ),
                (
                    "condition",
                    models.TextField(
                        blank=True,
                        help_text=(
                            "An expression that is true or false: run.failures >= 2. Empty: always"
                        ),
                        verbose_name="when",
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        choices=[
                            ("plan", "the better model (plan)"),
                            ("step", "the usual model (step)"),
                        ],
                        default="plan",
                        max_length=8,
                        verbose_name="who takes the step",
                    ),
                ),
                (
                    "hold",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="Steps, so that a run does not go to and fro between two models",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1_000),
                        ],
                        verbose_name="and keeps it for",
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True, help_text="Why this policy is here, for whoever edits it next"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "routing policies",
                "ordering": ("priority", "name"),
            },
        ),
        migrations.RunSQL(VERSION, NO_VERSION),
        follow("policies_routingpolicy"),
    ]
