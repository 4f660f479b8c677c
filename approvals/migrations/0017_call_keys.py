"""A request knows what its call is known by in other runs, and such calls are found by it."""

from django.db import migrations, models

HELP = "What its call is known by in other runs: a digest of its tool and of what identifies it"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0016_push")]
    operations = [
        migrations.AddField(
            model_name="request",
            name="call_key",
            field=models.CharField(
                blank=True, db_default="", default="", help_text=HELP, max_length=64
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=~models.Q(call_key=""),
                fields=["call_key", "status", "ended_at"],
                name="request_same_call",
            ),
        ),
    ]
