"""How long an outage of a model's provider is waited out, and the outages that stand."""

import django.core.validators
from django.db import migrations, models

from policies.current.revision import follow

VERSION = """
CREATE TRIGGER policies_patiencepolicy_version BEFORE UPDATE ON policies_patiencepolicy
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION policies_next_version();
"""
NO_VERSION = "DROP TRIGGER policies_patiencepolicy_version ON policies_patiencepolicy;"


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0018_rights"),
    ]

    operations = [
        migrations.CreateModel(
            name="PatiencePolicy",
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
                        help_text="Lowest first; the first policy that fits a planner decides",
                    ),
                ),
                (
                    "planners",
                    models.CharField(
                        default="*",
                        help_text=(
                            "Names or patterns of planners, separated by spaces: openai:*"
                            " anthropic:claude-*"
                        ),
                        max_length=500,
                    ),
                ),
                (
                    "longest_minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Minutes; empty: until the run's own time is over",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="waits at most",
                    ),
                ),
                (
                    "cap_seconds",
                    models.PositiveIntegerField(
                        default=60,
                        help_text=(
                            "Seconds between two tries; it begins below a second and doubles each"
                            " time"
                        ),
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="longest pause",
                    ),
                ),
                (
                    "limited_seconds",
                    models.PositiveIntegerField(
                        default=60,
                        help_text=(
                            "Seconds it waits at least when the provider does not say when to come"
                            " back"
                        ),
                        verbose_name="after a rate limit",
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
                "verbose_name_plural": "patience policies",
                "ordering": ("priority", "name"),
            },
        ),
        migrations.CreateModel(
            name="ProviderStanding",
            fields=[
                ("place", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
                ("trouble", models.CharField(blank=True, default="", max_length=80)),
                ("tries", models.PositiveIntegerField(default=0)),
                ("pause", models.FloatField(default=1.0)),
                ("retry_at", models.DateTimeField(null=True)),
                ("probe_until", models.DateTimeField(null=True)),
                ("back_at", models.DateTimeField(null=True)),
                ("granted", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "provider that was away",
                "verbose_name_plural": "providers that were away",
            },
        ),
        migrations.RunSQL(VERSION, NO_VERSION),
        follow("policies_patiencepolicy"),
    ]
