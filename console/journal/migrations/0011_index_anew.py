"""The index of words holds more of each event than it did: the clock makes it anew."""

from django.db import migrations

ANEW = "TRUNCATE journal_indexed; DELETE FROM journal_indexing"


class Migration(migrations.Migration):
    dependencies = [("journal", "0010_skew")]

    operations = [migrations.RunSQL(ANEW, migrations.RunSQL.noop)]
