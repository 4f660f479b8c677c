"""Which sender a delivery is, so that one that was overtaken writes nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0009_known_deciders")]

    operations = [
        migrations.AddField(
            "delivery",
            "claims",
            models.PositiveIntegerField(
                db_default=0,
                default=0,
                editable=False,
                help_text="Senders that have taken it: the last one's word counts",
            ),
        ),
    ]
