"""The names under which events of chains are found that are still being written, kept by whoever
indexes events: the clock makes the index anew.
"""

from django.db import migrations, models

ANEW = "TRUNCATE journal_indexed; DELETE FROM journal_indexing"


class Migration(migrations.Migration):
    dependencies = [("journal", "0015_keys_sorted_in_at_once")]

    operations = [
        migrations.CreateModel(
            name="ChainName",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key",
                        "chain",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", models.BigIntegerField()),
                ("chain", models.UUIDField()),
            ],
            options={
                "db_table": "journal_named",
                "default_permissions": (),
                "indexes": [models.Index(fields=["chain"], name="journal_named_chain")],
            },
        ),
        migrations.RunSQL(ANEW, migrations.RunSQL.noop),
    ]
