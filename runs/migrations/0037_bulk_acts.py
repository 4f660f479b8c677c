"""Bulk acts: one verb for many runs, and what became of each."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0036_who_shares_views"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkAct",
            fields=[
                ("id", KEY.clone()),
                ("verb", models.CharField(max_length=8)),
                ("query", models.CharField(blank=True, max_length=1000)),
                ("picked", models.BooleanField(default=False)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("compensate", models.CharField(blank=True, max_length=8)),
                ("zone", models.CharField(max_length=60)),
                ("by_name", models.CharField(max_length=160)),
                ("asked_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("aborted_by", models.CharField(blank=True, max_length=160)),
                ("asked", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["id"],
                        name="bulk_under_way",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                ("id", KEY.clone()),
                ("run", models.UUIDField()),
                ("state", models.CharField(blank=True, default="", max_length=8)),
                ("why", models.TextField(blank=True)),
                (
                    "act",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="runs.bulkact",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "")),
                        fields=["act", "id"],
                        name="bulk_waiting",
                    )
                ],
                "constraints": (
                    models.UniqueConstraint(fields=("act", "run"), name="a_run_once_an_act"),
                ),
            },
        ),
    ]
