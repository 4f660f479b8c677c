"""An index of whom runs act for, so that whoever searches for one person's runs need not walk past
all others'.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0011_index_anew")]
    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                fields=["principal", "id"],
                name="journal_event_principal",
                condition=models.Q(("principal", ""), _negated=True),
            ),
        ),
    ]
