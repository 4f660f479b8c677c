"""Data of an event stays in its row up to a page: moving 2 kB out of line costs more than the row
itself.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_house_chain")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE journal_event SET (toast_tuple_target = 8160); ALTER TABLE journal_event"
            " ALTER COLUMN data SET STORAGE MAIN",
            "ALTER TABLE journal_event RESET (toast_tuple_target); ALTER TABLE journal_event ALTER"
            " COLUMN data SET STORAGE EXTENDED",
        ),
    ]
