"""What events are found by, beside the journal: keys of their words, made by the clock of what was
committed, and how far it has come.

The keys are searched through an index over arrays; nothing of this is written in a step's path.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

# the id of the first event written at a time or after it, found by halving: ids follow the clock
FIRST_AT = """
CREATE FUNCTION journal_first_at(at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE
    SET search_path = public, pg_temp AS $$
DECLARE
    low bigint := (SELECT min(id) FROM journal_event);
    high bigint := (SELECT max(id) + 1 FROM journal_event);
    middle bigint;
    found record;
BEGIN
    WHILE low < high LOOP
        middle := low + (high - low) / 2;
        SELECT id, ts INTO found FROM journal_event WHERE id >= middle ORDER BY id LIMIT 1;
        IF found.ts >= at THEN
            high := middle;
        ELSE
            low := found.id + 1;
        END IF;
    END LOOP;
    RETURN low;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0008_restores")]

    operations = [
        migrations.CreateModel(
            name="IndexedEvent",
            fields=[
                ("event", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField()),
                ),
            ],
            options={"db_table": "journal_indexed", "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Indexing",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("upto", models.BigIntegerField(default=0)),
                ("settled", models.BigIntegerField(default=0)),
                ("seen", models.BigIntegerField(default=0)),
                ("waiting", models.BigIntegerField(null=True)),
                ("waiting_for", models.BigIntegerField(null=True)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddIndex(
            model_name="indexedevent",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["keys"], name="journal_indexed_keys"
            ),
        ),
        migrations.RunSQL(FIRST_AT, "DROP FUNCTION journal_first_at(timestamptz)"),
    ]
