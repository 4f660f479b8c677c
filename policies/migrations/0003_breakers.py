"""Circuit breakers and their policies, policies of retries,
and the halt levers that were pulled."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models

from policies.current.revision import follow

VERSION = """
CREATE TRIGGER policies_breakerpolicy_version BEFORE UPDATE ON policies_breakerpolicy
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION policies_next_version();
CREATE TRIGGER policies_retrypolicy_version BEFORE UPDATE ON policies_retrypolicy
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION policies_next_version();
"""
NO_VERSION = """
DROP TRIGGER policies_breakerpolicy_version ON policies_breakerpolicy;
DROP TRIGGER policies_retrypolicy_version ON policies_retrypolicy;
"""

# Few rows, rewritten all the time: room on the page, so that no index has to follow.
HOT = "ALTER TABLE policies_breaker SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);"
COLD = "ALTER TABLE policies_breaker RESET (fillfactor, autovacuum_vacuum_scale_factor);"

KEY = (
    "id",
    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
)
AIM = [
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
            default=100, help_text="Lowest first; the first policy that fits a tool decides"
        ),
    ),
    (
        "tools",
        models.CharField(
            default="*",
            help_text="Names or patterns of tools, separated by spaces: issue_refund kb_* time.*",
            max_length=500,
        ),
    ),
]
NOTE = (
    "note",
    models.TextField(blank=True, help_text="Why this policy is here, for whoever edits it next"),
)
PHASES = [
    ("closed", "closed"),
    ("open", "open"),
    ("half_open", "half-open"),
    ("forced", "forced open"),
]
ENDINGS = [("planner", "the planner hears of the failure"), ("stop", "the run stops")]
REACHES = [
    ("all", "everything"),
    ("agent", "agents"),
    ("tool", "tools"),
    ("irreversible", "everything irreversible"),
]


def at_least(least: int) -> MinValueValidator:
    return MinValueValidator(least)


def at_most(most: int) -> MaxValueValidator:
    return MaxValueValidator(most)


class Migration(migrations.Migration):
    dependencies = [("policies", "0002_budgets")]
    operations = [
        migrations.CreateModel(
            name="Breaker",
            fields=[
                ("tool", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("phase", models.CharField(choices=PHASES, default="closed", max_length=12)),
                ("slots", models.JSONField(default=list)),
                ("trips", models.PositiveIntegerField(default=0)),
                ("passed", models.PositiveIntegerField(default=0)),
                ("open_until", models.DateTimeField(null=True)),
                ("probe", models.CharField(default="", max_length=64)),
                ("probe_until", models.DateTimeField(null=True)),
                ("moved_at", models.DateTimeField(null=True)),
                ("by", models.CharField(default="", max_length=160)),
                ("why", models.TextField(default="")),
                ("last_failure", models.TextField(default="")),
                ("failed_at", models.DateTimeField(null=True)),
            ],
            options={"ordering": ("tool",), "default_permissions": ("view",)},
        ),
        migrations.CreateModel(
            name="BreakerPolicy",
            fields=[
                KEY,
                *AIM,
                (
                    "window_seconds",
                    models.PositiveIntegerField(
                        default=60,
                        help_text="Seconds, counted in stretches of five",
                        validators=[at_least(5), at_most(600)],
                        verbose_name="looks back",
                    ),
                ),
                (
                    "minimum_calls",
                    models.PositiveIntegerField(
                        default=5,
                        help_text="With fewer calls in that time it stays closed",
                        validators=[at_least(1)],
                        verbose_name="at least so many calls",
                    ),
                ),
                (
                    "failure_percent",
                    models.PositiveSmallIntegerField(
                        default=50,
                        help_text="From here on it opens",
                        validators=[at_least(1), at_most(100)],
                        verbose_name="failed, in percent",
                    ),
                ),
                (
                    "open_seconds",
                    models.PositiveIntegerField(
                        default=15,
                        help_text="Seconds, the first time",
                        validators=[at_least(1)],
                        verbose_name="open for",
                    ),
                ),
                (
                    "growth",
                    models.FloatField(
                        default=2.0,
                        help_text="2: twice as long each time",
                        validators=[at_least(1), at_most(10)],
                        verbose_name="times, when it opens again",
                    ),
                ),
                (
                    "longest_seconds",
                    models.PositiveIntegerField(
                        default=600,
                        help_text="Seconds",
                        validators=[at_least(1)],
                        verbose_name="but never longer than",
                    ),
                ),
                (
                    "probe_seconds",
                    models.PositiveIntegerField(
                        default=60,
                        help_text="Seconds; then another worker may try, in case this one died",
                        validators=[at_least(5)],
                        verbose_name="a probe may take",
                    ),
                ),
                (
                    "successes",
                    models.PositiveSmallIntegerField(
                        default=2,
                        help_text="One after the other",
                        validators=[at_least(1)],
                        verbose_name="good probes until it closes",
                    ),
                ),
                NOTE,
            ],
            options={"verbose_name_plural": "breaker policies", "ordering": ("priority", "name")},
        ),
        migrations.CreateModel(
            name="RetryPolicy",
            fields=[
                KEY,
                *AIM,
                (
                    "attempts",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="Of one call, the first one included",
                        validators=[at_least(1)],
                    ),
                ),
                (
                    "base_seconds",
                    models.FloatField(
                        default=0.5,
                        help_text="Seconds; it doubles each time",
                        validators=[at_least(0)],
                        verbose_name="first back-off",
                    ),
                ),
                (
                    "cap_seconds",
                    models.FloatField(
                        default=30,
                        help_text="Seconds",
                        validators=[at_least(0)],
                        verbose_name="longest back-off",
                    ),
                ),
                (
                    "patience_seconds",
                    models.PositiveIntegerField(
                        default=300,
                        help_text="Seconds; a tool that asks for more is not waited for",
                        verbose_name="longest Retry-After",
                    ),
                ),
                (
                    "per_run",
                    models.PositiveIntegerField(
                        default=20,
                        help_text="Over all its calls",
                        verbose_name="retries of one run",
                    ),
                ),
                (
                    "share_percent",
                    models.PositiveSmallIntegerField(
                        default=20,
                        help_text=(
                            "Of its calls within a minute, over all runs; what is beyond that is"
                            " not tried again"
                        ),
                        validators=[at_most(100)],
                        verbose_name="retries of one tool, in percent",
                    ),
                ),
                (
                    "floor",
                    models.PositiveIntegerField(
                        default=10,
                        help_text="Retries a minute that a tool may have with few calls",
                        verbose_name="and at least",
                    ),
                ),
                (
                    "used_up",
                    models.CharField(
                        choices=ENDINGS,
                        default="planner",
                        max_length=8,
                        verbose_name="when a call's attempts are used up",
                    ),
                ),
                (
                    "run_used_up",
                    models.CharField(
                        choices=ENDINGS,
                        default="stop",
                        max_length=8,
                        verbose_name="when the run's are",
                    ),
                ),
                NOTE,
            ],
            options={"verbose_name_plural": "retry policies", "ordering": ("priority", "name")},
        ),
        migrations.CreateModel(
            name="Halt",
            fields=[
                KEY,
                ("reach", models.CharField(choices=REACHES, max_length=12)),
                ("target", models.CharField(blank=True, default="", max_length=500)),
                ("reason", models.TextField()),
                ("pulled_by", models.CharField(max_length=150)),
                ("pulled_at", models.DateTimeField()),
                ("released_by", models.CharField(blank=True, default="", max_length=150)),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                ("release_note", models.TextField(blank=True, default="")),
            ],
            options={
                "ordering": ("-pulled_at", "-id"),
                "permissions": [
                    ("pull_lever", "Can pull and release halt levers, and force breakers open")
                ],
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_at__isnull", True)),
                        fields=("reach", "target"),
                        name="policies_halt_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("target", ""), ("reach__in", ["agent", "tool"]), _connector="OR"
                        ),
                        name="policies_halt_aimed",
                    ),
                ],
            },
        ),
        migrations.RunSQL(VERSION, NO_VERSION),
        migrations.RunSQL(HOT, COLD),
        follow("policies_breakerpolicy"),
        follow("policies_retrypolicy"),
        follow("policies_halt"),
    ]
