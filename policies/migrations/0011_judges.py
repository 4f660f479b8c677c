"""When a second model is asked whether a run gets nearer to its goal."""

import django.core.validators
from django.db import migrations, models

from policies.current.revision import follow

VERSION = """
CREATE TRIGGER policies_judgepolicy_version BEFORE UPDATE ON policies_judgepolicy
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION policies_next_version();
"""
NO_VERSION = "DROP TRIGGER policies_judgepolicy_version ON policies_judgepolicy;"


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0010_approval_terms"),
    ]

    operations = [
        migrations.CreateModel(
            name="JudgePolicy",
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
                (
                    "enabled",
                    models.BooleanField(
                        default=False,
                        help_text=(
                            "Each question costs tokens, which count against the run's own budgets"
                        ),
                    ),
                ),
                (
                    "priority",
                    models.PositiveIntegerField(
                        default=100,
                        help_text="Lowest first; the first policy that fits an agent decides",
                    ),
                ),
                (
                    "agents",
                    models.CharField(
                        default="*",
                        help_text=(
                            "Names or patterns of agents, separated by spaces: refund-desk"
                            " research-*"
                        ),
                        max_length=500,
                    ),
                ),
                (
                    "every",
                    models.PositiveSmallIntegerField(
                        default=10,
                        help_text="It is shown these steps and asked about them",
                        validators=[django.core.validators.MinValueValidator(2)],
                        verbose_name="every so many steps",
                    ),
                ),
                (
                    "hints",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="So many negative verdicts in a row only bring a hint to"
                        " the planner",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="hints first",
                    ),
                ),
                (
                    "ending",
                    models.CharField(
                        choices=[
                            ("pause", "the run pauses and asks a person"),
                            ("stop", "the run stops"),
                        ],
                        default="pause",
                        max_length=8,
                        verbose_name="after the next no",
                    ),
                ),
                (
                    "planner",
                    models.CharField(
                        blank=True,
                        help_text=(
                            "openai:MODEL or anthropic:MODEL. Empty: the run's own model is asked"
                        ),
                        max_length=200,
                        verbose_name="model",
                    ),
                ),
                (
                    "base_url",
                    models.CharField(
                        blank=True,
                        help_text=(
                            "OpenAI-compatible endpoint of that model: Ollama, vLLM, a gateway"
                        ),
                        max_length=500,
                        verbose_name="base URL",
                    ),
                ),
                (
                    "key_variable",
                    models.CharField(
                        blank=True,
                        help_text=(
                            "Environment variable that holds the API key; the key itself is never"
                            " stored"
                        ),
                        max_length=80,
                    ),
                ),
                (
                    "price_in",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Empty: the known price",
                        max_digits=12,
                        null=True,
                        verbose_name="USD per million tokens in",
                    ),
                ),
                (
                    "price_out",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Empty: the known price",
                        max_digits=12,
                        null=True,
                        verbose_name="USD per million tokens out",
                    ),
                ),
                (
                    "max_tokens_out",
                    models.PositiveIntegerField(
                        default=200,
                        help_text="At most",
                        validators=[
                            django.core.validators.MinValueValidator(8),
                            django.core.validators.MaxValueValidator(8000),
                        ],
                        verbose_name="tokens of its answer",
                    ),
                ),
                (
                    "timeout_seconds",
                    models.PositiveIntegerField(
                        default=30,
                        help_text="Seconds; then the run goes on",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(600),
                        ],
                        verbose_name="waits for it",
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
                "verbose_name_plural": "judge policies",
                "ordering": ("priority", "name"),
            },
        ),
        migrations.RunSQL(VERSION, NO_VERSION),
        follow("policies_judgepolicy"),
    ]
