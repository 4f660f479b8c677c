"""A run that no worker can take up becomes a dead letter: takes are counted, and there is a stop
reason for it.
"""

from django.db import migrations, models

from runs.engine.vocabulary import StopReason

REASONS = [(reason.value, reason.value) for reason in StopReason]


class Migration(migrations.Migration):
    dependencies = [("runs", "0009_ended_chains")]
    operations = [
        migrations.AddField(
            "run",
            "takes",
            models.PositiveIntegerField(
                default=0,
                help_text="Workers in a row that took the lease and never had the run in hand",
            ),
        ),
        migrations.AlterField(
            "run",
            "stop_reason",
            models.CharField(blank=True, choices=REASONS, default="", max_length=24),
        ),
    ]
