"""Where notifications go, and what was sent."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0003_standing_yes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.SlugField(max_length=80, unique=True)),
                ("enabled", models.BooleanField(default=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("email", "e-mail"),
                            ("webhook", "webhook (Slack-compatible, signed)"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "target",
                    models.CharField(
                        help_text="E-mail addresses, separated by commas; or the webhook's URL",
                        max_length=1000,
                    ),
                ),
                (
                    "secret_variable",
                    models.CharField(
                        blank=True,
                        help_text=(
                            "Environment variable with the key that signs a webhook; the key itself"
                            " is never stored"
                        ),
                        max_length=80,
                    ),
                ),
                (
                    "groups",
                    models.CharField(
                        blank=True,
                        help_text="Only requests for these groups, separated by commas; empty: all",
                        max_length=300,
                    ),
                ),
                (
                    "gap_seconds",
                    models.PositiveIntegerField(
                        default=30,
                        help_text=(
                            "At most one message in so many seconds; what comes meanwhile shares"
                            " the next"
                        ),
                    ),
                ),
                ("pending", models.JSONField(default=list, editable=False)),
                ("sent_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("requests", models.JSONField(default=list)),
                ("created_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="approvals.channel",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at", None)),
                        fields=["next_at"],
                        name="delivery_due",
                    )
                ],
            },
        ),
    ]
