"""Which widenings of rights wait for a second person, and the changes that wait."""

import django.core.validators
from django.db import migrations, models

VERSION = """
CREATE TRIGGER policies_foureyesrule_version BEFORE UPDATE ON policies_foureyesrule
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION policies_next_version();
"""
NO_VERSION = "DROP TRIGGER policies_foureyesrule_version ON policies_foureyesrule;"


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0025_less_is_asked"),
    ]

    operations = [
        migrations.CreateModel(
            name="FourEyesRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("role", "roles and rights of people"),
                            ("scope", "scope grants"),
                            ("tool_policy", "tool policies that are loosened"),
                            ("budget", "budgets and limits that are raised"),
                            ("lever", "halts and tools cut off by hand that are let go"),
                        ],
                        max_length=16,
                        unique=True,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "enabled",
                    models.BooleanField(
                        default=False,
                        help_text="What widens this is proposed, and somebody else confirms it",
                        verbose_name="takes a second person",
                    ),
                ),
                (
                    "hours",
                    models.PositiveSmallIntegerField(
                        default=72,
                        help_text="After which a change that nobody confirmed is over",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(720),
                        ],
                        verbose_name="hours to confirm",
                    ),
                ),
                (
                    "alone_usd",
                    models.DecimalField(
                        decimal_places=6,
                        default=0,
                        help_text="What one person alone may raise to; 0: every raise waits",
                        max_digits=18,
                        verbose_name="US dollars",
                    ),
                ),
                ("alone_tokens", models.PositiveBigIntegerField(default=0, verbose_name="tokens")),
                ("alone_steps", models.PositiveBigIntegerField(default=0, verbose_name="steps")),
                (
                    "alone_seconds",
                    models.PositiveBigIntegerField(default=0, verbose_name="seconds"),
                ),
                ("note", models.TextField(blank=True, help_text="Why, for whoever edits it next")),
            ],
            options={
                "verbose_name": "four-eyes rule",
                "ordering": ("kind",),
                "default_permissions": ("view", "change"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("alone_usd__gte", 0)),
                        name="policies_foureyes_not_negative",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProposedChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=16)),
                ("act", models.CharField(max_length=32)),
                ("args", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("what", models.CharField(max_length=300)),
                ("lines", models.JSONField()),
                ("saved", models.JSONField(default=list)),
                ("reason", models.TextField(blank=True, default="")),
                ("rights", models.JSONField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("confirmed", "confirmed"),
                            ("refused", "refused"),
                            ("withdrawn", "withdrawn"),
                            ("expired", "expired"),
                            ("stale", "stale"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("proposed_by", models.CharField(max_length=150)),
                ("proposed_by_id", models.CharField(max_length=64)),
                ("proposed_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("decided_by", models.CharField(blank=True, default="", max_length=150)),
                ("decided_by_id", models.CharField(blank=True, default="", max_length=64)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.TextField(blank=True, default="")),
            ],
            options={
                "ordering": ("-proposed_at", "-id"),
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["status", "expires_at"], name="policies_change_open")
                ],
            },
        ),
        migrations.RunSQL(VERSION, NO_VERSION),
    ]
