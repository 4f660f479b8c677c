"""What reconciliations found: a row for each difference, and how many of them a run has."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0030_tools_left_out"),
    ]

    operations = [
        migrations.CreateModel(
            name="EffectFinding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "difference",
                    models.CharField(
                        choices=[
                            ("no_call", "an effect without a call"),
                            ("not_there", "a call without its effect"),
                            ("although_failed", "an effect of a call that failed"),
                            ("although_undone", "an effect of a call that was undone"),
                            ("twice", "an effect that is there twice"),
                        ],
                        max_length=20,
                    ),
                ),
                ("tool", models.CharField(max_length=200)),
                ("key", models.CharField(max_length=200)),
                ("run", models.UUIDField(null=True)),
                ("call", models.CharField(blank=True, default="", max_length=40)),
                ("step", models.PositiveIntegerField(null=True)),
                ("effect_at", models.DateTimeField(null=True)),
                ("listed", models.CharField(blank=True, default="", max_length=500)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.CharField(blank=True, default="", max_length=150)),
                ("reason", models.TextField(blank=True, default="")),
            ],
            options={
                "ordering": ["-id"],
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="run",
            name="findings",
            field=models.IntegerField(
                db_default=0,
                default=0,
                help_text="Differences from a far side that nobody has looked into",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("findings__gt", 0)),
                fields=["created_at"],
                name="run_findings",
            ),
        ),
        migrations.AddIndex(
            model_name="effectfinding",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)),
                fields=["run"],
                name="runs_effectfinding_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="effectfinding",
            constraint=models.UniqueConstraint(
                fields=("tool", "difference", "key"), name="runs_effectfinding_once"
            ),
        ),
    ]
