"""Events, big values beside them, and the chains that belong to no run."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Blob",
            fields=[
                ("sha256", models.BinaryField(primary_key=True, serialize=False)),
                ("owner", models.BinaryField()),
                ("salt", models.BinaryField(null=True)),
                ("size", models.BigIntegerField()),
                ("content", models.BinaryField(null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["owner"], name="journal_blob_owner")],
            },
        ),
        migrations.CreateModel(
            name="Chain",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(default=0)),
                ("head", models.BinaryField(default=bytes)),
                ("lease_epoch", models.PositiveIntegerField(default=0)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("format", models.SmallIntegerField()),
                ("ts", models.DateTimeField()),
                ("run", models.UUIDField()),
                ("seq", models.BigIntegerField()),
                ("correlation_id", models.UUIDField()),
                ("span", models.TextField(blank=True)),
                ("actor", models.TextField()),
                ("kind", models.TextField()),
                ("step", models.IntegerField(null=True)),
                ("tool", models.TextField(blank=True)),
                ("outcome", models.TextField(blank=True)),
                ("verdict", models.TextField(blank=True)),
                ("rule", models.TextField(blank=True)),
                ("tokens_in", models.BigIntegerField()),
                ("tokens_out", models.BigIntegerField()),
                ("usd", models.DecimalField(decimal_places=9, max_digits=20, null=True)),
                ("duration_us", models.BigIntegerField(null=True)),
                ("visibility", models.TextField()),
                ("agent", models.TextField(blank=True)),
                ("principal", models.TextField(blank=True)),
                ("model", models.TextField(blank=True)),
                ("external_id", models.TextField(blank=True)),
                ("data", models.TextField(null=True)),
                ("salt", models.BinaryField(null=True)),
                ("body", models.BinaryField()),
                ("digest", models.BinaryField()),
                ("link", models.BinaryField()),
            ],
            options={
                "permissions": [
                    ("view_user_hidden", "Can read tool calls, results and planner turns"),
                    (
                        "view_always_hidden",
                        "Can read system prompts and the like; each look is journalled",
                    ),
                    ("search_audit", "Can search the journal"),
                ],
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["correlation_id", "id"], name="journal_event_story"),
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True,
                        fields=["ts"],
                        name="journal_event_time",
                        pages_per_range=32,
                    ),
                    models.Index(
                        condition=models.Q(("actor__startswith", "user:")),
                        fields=["actor", "id"],
                        name="journal_event_people",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "seq"), name="journal_event_chain")
                ],
            },
        ),
    ]
