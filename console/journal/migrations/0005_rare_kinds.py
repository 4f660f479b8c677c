"""An index of the kinds that are not written by every step, so that whoever searches for a kill or
a sign-in need not walk past them.
"""

from django.db import migrations, models
from django.db.models import Q

OFTEN = Q(kind__startswith="call.") | Q(kind__startswith="step.")


class Migration(migrations.Migration):
    dependencies = [("journal", "0004_inline_data")]
    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["kind", "id"], name="journal_event_rare", condition=~OFTEN),
        ),
    ]
