"""Whether the runs that a lever paused are still to go on after its release."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policies", "0027_shipped_four_eyes")]
    operations = [
        migrations.AddField(
            "halt", "resuming", models.BooleanField(default=False, db_default=False)
        )
    ]
