"""Seals over all chains, as the file outside the database has them; append-only like the events."""

from django.db import migrations, models

REFUSE = """CREATE TRIGGER journal_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON journal_seal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0005_rare_kinds")]

    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("text", models.TextField()),
                ("signature", models.BinaryField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(REFUSE, "DROP TRIGGER journal_seal_append_only ON journal_seal"),
    ]
