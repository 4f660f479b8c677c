"""A run's running time, as its clock counts it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0006_person_may_accept")]
    operations = [
        migrations.AddField(
            "run",
            "active_seconds",
            models.FloatField(default=0, help_text="Running time up to `clock_since`, in seconds"),
        ),
        migrations.AddField(
            "run",
            "clock_since",
            models.DateTimeField(
                help_text="Since when its clock runs; empty while it stands", null=True
            ),
        ),
        migrations.AlterField(
            "agent",
            "max_seconds",
            models.PositiveIntegerField(
                default=3_600,
                help_text=(
                    "Most running time in seconds; while it waits for people, is paused or queued"
                    " its clock stands"
                ),
            ),
        ),
    ]
