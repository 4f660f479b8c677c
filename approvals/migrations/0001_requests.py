"""Requests and the voices on them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import approvals.rules.request_vocabulary


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("runs", "0003_acceptance"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Request",
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
                            ("call", "call"),
                            ("in_doubt", "in_doubt"),
                            ("budget", "budget"),
                            ("loop", "loop"),
                            ("acceptance", "acceptance"),
                        ],
                        max_length=16,
                    ),
                ),
                ("call", models.CharField(max_length=40)),
                ("step", models.PositiveIntegerField(default=0)),
                ("tool", models.CharField(blank=True, max_length=200)),
                ("proposed", models.JSONField(default=dict)),
                ("args", models.JSONField(default=dict)),
                ("effect", models.CharField(blank=True, max_length=16)),
                ("undo", models.BooleanField(default=False)),
                ("rule", models.CharField(blank=True, max_length=200)),
                ("sentence", models.TextField(blank=True)),
                ("facts", models.JSONField(default=dict)),
                ("digest", models.CharField(max_length=64)),
                ("line", models.CharField(blank=True, max_length=120)),
                ("tainted", models.BooleanField(default=False)),
                ("agent", models.CharField(max_length=50)),
                ("agent_title", models.CharField(max_length=80)),
                ("starter", models.CharField(max_length=150)),
                ("correlation_id", models.UUIDField()),
                ("stages", models.JSONField(default=list)),
                ("stage", models.PositiveSmallIntegerField(default=0)),
                ("group", models.CharField(max_length=150)),
                ("quorum", models.PositiveSmallIntegerField(default=1)),
                ("four_eyes", models.BooleanField(default=True)),
                ("ttl", models.PositiveIntegerField(null=True)),
                (
                    "on_expiry",
                    models.CharField(
                        choices=[("deny", "deny"), ("stop", "stop"), ("escalate", "escalate")],
                        default=approvals.rules.request_vocabulary.OnExpiry["DENY"],
                        max_length=12,
                    ),
                ),
                ("escalate_to", models.CharField(blank=True, max_length=150)),
                ("escalated", models.BooleanField(default=False)),
                ("version", models.PositiveIntegerField(default=1)),
                ("asked_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "due",
                    models.DateTimeField(
                        help_text=(
                            "When it expires, the end of time for one that does not: the order of"
                            " the queue"
                        )
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("decided", "decided"),
                            ("expired", "expired"),
                            ("closed", "closed"),
                        ],
                        default=approvals.rules.request_vocabulary.RequestStatus["OPEN"],
                        max_length=12,
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("approve", "approve"),
                            ("edit", "edit"),
                            ("deny", "deny"),
                            ("respond", "respond"),
                            ("stop", "stop"),
                            ("escalate", "escalate"),
                            ("happened", "happened"),
                            ("did_not", "did_not"),
                            ("expire", "expire"),
                            ("expire_and_stop", "expire_and_stop"),
                        ],
                        max_length=16,
                    ),
                ),
                ("decided_by", models.CharField(blank=True, max_length=160)),
                ("decided_args", models.JSONField(null=True)),
                ("note", models.TextField(blank=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("announced_at", models.DateTimeField(null=True)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="runs.run",
                    ),
                ),
            ],
            options={
                "ordering": ["due", "id"],
                "permissions": [
                    ("view_request", "Can see what runs ask"),
                    ("decide_request", "Can decide what runs ask, in the groups they are in"),
                ],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Vote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stage", models.PositiveSmallIntegerField(default=0)),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("approve", "approve"),
                            ("edit", "edit"),
                            ("deny", "deny"),
                            ("respond", "respond"),
                            ("stop", "stop"),
                            ("escalate", "escalate"),
                            ("happened", "happened"),
                            ("did_not", "did_not"),
                            ("expire", "expire"),
                            ("expire_and_stop", "expire_and_stop"),
                        ],
                        max_length=16,
                    ),
                ),
                ("args", models.JSONField(default=dict)),
                ("note", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                (
                    "waited",
                    models.FloatField(
                        default=0, help_text="Seconds from the question to this answer"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="votes",
                        to="approvals.request",
                    ),
                ),
                (
                    "voter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="votes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=models.Q(
                    ("status", approvals.rules.request_vocabulary.RequestStatus["OPEN"])
                ),
                fields=["due", "id"],
                name="request_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=models.Q(
                    ("status", approvals.rules.request_vocabulary.RequestStatus["OPEN"]),
                    _negated=True,
                ),
                fields=["-ended_at", "-id"],
                name="request_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(fields=["run", "id"], name="request_of_run"),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=models.Q(
                    ("announced_at", None),
                    ("status", approvals.rules.request_vocabulary.RequestStatus["OPEN"]),
                ),
                fields=["id"],
                name="request_unannounced",
            ),
        ),
        migrations.AddConstraint(
            model_name="request",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("status", approvals.rules.request_vocabulary.RequestStatus["OPEN"])
                ),
                fields=("run", "kind", "call"),
                name="request_open_once",
            ),
        ),
        migrations.AddIndex(
            model_name="vote",
            index=models.Index(fields=["voter", "-at"], name="vote_of"),
        ),
    ]
