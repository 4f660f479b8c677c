"""Who decided, gave and took back, by an opaque id beside the name they had then."""

from django.db import migrations, models

ID = {"max_length": 64, "blank": True, "default": "", "db_default": ""}


class Migration(migrations.Migration):
    dependencies = [("approvals", "0007_more_answers")]

    operations = [
        migrations.AddField(
            "request",
            "decided_by_id",
            models.CharField(**ID, help_text="Who it was: their opaque id"),
        ),
        migrations.AlterField(
            "request",
            "decided_by",
            models.CharField(
                max_length=160, blank=True, help_text="What they were called then: for reading"
            ),
        ),
        migrations.AddField("grant", "given_by_id", models.CharField(**ID)),
        migrations.AddField("grant", "revoked_by_id", models.CharField(**ID)),
    ]
