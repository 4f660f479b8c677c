"""Who acted, by an opaque id beside the name: names are changed and given again.

Rows from before keep the name alone.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0006_seals")]

    operations = [
        migrations.AddField(
            "event", "person", models.TextField(blank=True, default="", db_default="")
        ),
        migrations.AddIndex(
            "event",
            models.Index(
                fields=["person", "id"],
                name="journal_event_person",
                condition=models.Q(("person", ""), _negated=True),
            ),
        ),
    ]
