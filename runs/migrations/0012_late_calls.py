"""How many calls of a run came back after their worker's lease had ended, for a person to look
into.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0011_server_looked_at")]
    operations = [
        migrations.AddField(
            model_name="run",
            name="late",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text=(
                    "Calls that came back after the lease had ended, and that nobody has looked"
                    " into"
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(late__gt=0), fields=["created_at"], name="run_late"
            ),
        ),
    ]
