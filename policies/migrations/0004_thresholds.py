"""Thresholds of loops and of truth, as edits of the shipped ones."""

from django.db import migrations, models

from policies.current.revision import follow

VERSION = """
CREATE TRIGGER policies_thresholds_version BEFORE UPDATE ON policies_thresholds
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION policies_next_version();
"""
NO_VERSION = "DROP TRIGGER policies_thresholds_version ON policies_thresholds;"


class Migration(migrations.Migration):
    dependencies = [("policies", "0002_budgets")]
    operations = [
        migrations.CreateModel(
            name="Thresholds",
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
                        choices=[("loops", "loops and progress"), ("truth", "what a result means")],
                        max_length=16,
                        unique=True,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "changes",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text='Only what differs from the shipped numbers: {"pause": 0.6}',
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True, help_text="Why they differ, for whoever edits them next"
                    ),
                ),
            ],
            options={"verbose_name_plural": "thresholds", "ordering": ("kind",)},
        ),
        migrations.RunSQL(VERSION, NO_VERSION),
        follow("policies_thresholds"),
    ]
