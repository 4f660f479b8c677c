"""A request says whether it is asked in a fire drill."""

from django.db import migrations, models

HELP = "Asked in a fire drill: it stands in no queue, and nobody outside is told"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0012_undo_requests")]
    operations = [
        migrations.AddField(
            model_name="request",
            name="drill",
            field=models.BooleanField(db_default=False, default=False, help_text=HELP),
        ),
    ]
