"""Channels are told of runs as well: which news each wants, and what it is still to be told."""

import django.db.models.deletion
from django.db import migrations, models

from approvals.rules import run_news


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0010_delivery_claims"),
    ]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="events",
            field=models.JSONField(
                db_default=["approval.requested"],
                default=run_news.requests_only,
                help_text="What it is told of",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="news",
            field=models.CharField(
                db_default="approval.requested", default="approval.requested", max_length=24
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="runs",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.CreateModel(
            name="RunNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("run", models.UUIDField()),
                ("news", models.CharField(max_length=24)),
                ("reason", models.CharField(max_length=24)),
                ("at", models.DateTimeField()),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="approvals.channel",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
    ]
