"""Effects that are taken over all runs for a while: one row a call, one of a key
holds it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0026_servers_of_a_run")]
    operations = [
        migrations.CreateModel(
            name="EffectClaim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=64)),
                ("run", models.UUIDField()),
                ("call", models.CharField(max_length=40)),
                ("step", models.PositiveIntegerField()),
                ("done", models.BooleanField(default=False)),
                ("holds", models.BooleanField(default=True)),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField(db_index=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("holds", True)),
                        fields=("key",),
                        name="runs_effect_held_once",
                    ),
                    models.UniqueConstraint(
                        fields=("key", "run", "call"), name="runs_effect_claim_of_call"
                    ),
                ]
            },
        )
    ]
