"""The keys of a word in neighbouring buckets stand side by side, and an act and who decided have
keys of their own: the clock makes the index anew.
"""

from django.db import migrations

ANEW = "TRUNCATE journal_indexed; DELETE FROM journal_indexing"


class Migration(migrations.Migration):
    dependencies = [("journal", "0013_tools_of_runs")]

    operations = [migrations.RunSQL(ANEW, migrations.RunSQL.noop)]
