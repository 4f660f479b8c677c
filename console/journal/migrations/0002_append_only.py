"""Whoever tries to change or remove what is in the journal is refused by the database itself."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only: % of % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journal_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_event
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_blob_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_blob
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
"""
ALLOW = """
DROP TRIGGER journal_event_append_only ON journal_event;
DROP TRIGGER journal_blob_append_only ON journal_blob;
DROP FUNCTION journal_refuse();
"""
# Blobs are hashed and often dense: compressing them costs more than it saves, and plain storage lets a download read them in slices.
PLAIN = "ALTER TABLE journal_blob ALTER COLUMN content SET STORAGE EXTERNAL"


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_tables")]
    operations = [migrations.RunSQL(REFUSE, ALLOW), migrations.RunSQL(PLAIN, migrations.RunSQL.noop)]
