"""A standing yes for the rest of a run."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0002_permissions"),
        ("runs", "0005_stopped_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="Grant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("tool", models.CharField(max_length=200)),
                ("args", models.JSONField(default=dict)),
                ("free", models.JSONField(default=list)),
                ("limit", models.PositiveIntegerField()),
                ("used", models.PositiveIntegerField(default=0)),
                ("given_by", models.CharField(max_length=160)),
                ("given_at", models.DateTimeField()),
                ("revoked_by", models.CharField(blank=True, max_length=160)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="runs.run",
                    ),
                ),
            ],
            options={
                "ordering": ["-given_at"],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("revoked_at", None)),
                        fields=["-given_at"],
                        name="grant_standing",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("run", "name"), name="grant_once")],
            },
        ),
    ]
