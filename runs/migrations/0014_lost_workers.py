"""What became of the worker that a run was lost with, and whether that counts against the run."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0013_tool_crashes")]
    operations = [
        migrations.AddField(
            "run",
            "crashes",
            models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="Workers in a row that were lost with it, without a step forward",
            ),
        ),
        migrations.AddField(
            "run",
            "blamed",
            models.BooleanField(
                db_default=False, default=False, help_text="Its call may have ended the last one"
            ),
        ),
        migrations.AddField(
            "run",
            "suspect",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="It is driven by a process that holds nothing else",
            ),
        ),
        migrations.AddField(
            "run",
            "lost_after",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What became of the last one",
                max_length=200,
            ),
        ),
        migrations.AddField(
            "run",
            "lost_words",
            models.TextField(
                blank=True, db_default="", default="", help_text="What it said last, masked"
            ),
        ),
        migrations.AddIndex(
            "run",
            models.Index(
                condition=models.Q(suspect=True), fields=["created_at"], name="run_suspect"
            ),
        ),
    ]
