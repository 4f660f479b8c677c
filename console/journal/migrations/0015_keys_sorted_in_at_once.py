"""Keys are sorted into the index as they come. A search looks into many neighbouring buckets, and
for each of them would read the whole list of keys that wait to be sorted in.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

NAME = "journal_indexed_keys"
AT_ONCE = f"""ALTER INDEX {NAME} SET (fastupdate = off);
    SELECT gin_clean_pending_list('{NAME}')"""
LATER = f"ALTER INDEX {NAME} RESET (fastupdate)"


class Migration(migrations.Migration):
    dependencies = [("journal", "0014_keys_side_by_side")]

    operations = [
        migrations.RunSQL(
            AT_ONCE,
            LATER,
            state_operations=[
                migrations.RemoveIndex("indexedevent", NAME),
                migrations.AddIndex(
                    "indexedevent", GinIndex(fields=["keys"], name=NAME, fastupdate=False)
                ),
            ],
        ),
    ]
