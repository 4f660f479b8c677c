"""The database itself refuses whoever changes or removes what is in the journal, but for the two
functions that may.

`journal_erase` takes salt and content away, and only as far as a `content.erased` event of that
chain says; `journal_retire` removes a whole chain that a `run.retired` event of the house's chain
accounts for. Both refuse a chain that is still being written: `journal_over` knows, and the room
that owns the chains says how.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('signalbox.journal', true) = 'erasing'
        OR TG_OP = 'DELETE' AND current_setting('signalbox.journal', true) = 'retiring' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the journal is append-only: % of % refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journal_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_event
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_blob_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_blob
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();

CREATE FUNCTION journal_content_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gone text[] := CASE TG_TABLE_NAME WHEN 'journal_event' THEN ARRAY['data', 'salt']
    ELSE ARRAY['content', 'salt'] END;
BEGIN
    IF to_jsonb(OLD) - gone IS DISTINCT FROM to_jsonb(NEW) - gone
    OR jsonb_strip_nulls(to_jsonb(NEW)) ?| gone THEN
        RAISE EXCEPTION 'erasing takes content away and nothing else'
        USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER journal_event_content_only BEFORE UPDATE ON journal_event FOR EACH ROW
    EXECUTE FUNCTION journal_content_only();
CREATE TRIGGER journal_blob_content_only BEFORE UPDATE ON journal_blob FOR EACH ROW
    EXECUTE FUNCTION journal_content_only();

CREATE FUNCTION journal_over(chain uuid) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT false $$;

CREATE FUNCTION journal_erase(chain uuid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
DECLARE
    ordered bigint;
    erased bigint;
BEGIN
    IF NOT journal_over(chain) THEN
        RAISE EXCEPTION 'chain % is still being written: nothing of it can be erased', chain
        USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT max((data::jsonb ->> 'last')::bigint) INTO ordered FROM journal_event
    WHERE run = chain AND kind = 'content.erased';
    PERFORM set_config('signalbox.journal', 'erasing', true);
    UPDATE journal_blob SET content = NULL, salt = NULL FROM journal_event event
        WHERE event.run = chain AND event.seq <= ordered AND journal_blob.owner = event.digest
        AND journal_blob.content IS NOT NULL;
    UPDATE journal_event SET data = NULL, salt = NULL
        WHERE run = chain AND seq <= ordered AND data IS NOT NULL AND kind <> 'content.erased';
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('signalbox.journal', '', true);
    RETURN erased;
END $$;

CREATE FUNCTION journal_retire(chain uuid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
DECLARE
    kept jsonb;
    removed bigint;
BEGIN
    IF NOT journal_over(chain) THEN
        RAISE EXCEPTION 'chain % is still being written: it cannot be retired', chain
        USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT data::jsonb INTO kept FROM journal_event
        WHERE run = '00000000-0000-0000-0000-000000000000' AND kind = 'run.retired'
        AND data::jsonb ->> 'run' = chain::text
        ORDER BY seq DESC LIMIT 1;
    IF kept IS NULL OR NOT EXISTS (
        SELECT FROM journal_event WHERE run = chain AND seq = (kept ->> 'events')::bigint
        AND link = decode(kept ->> 'head', 'hex')
    ) THEN
        RAISE EXCEPTION 'no run.retired accounts for chain %', chain
        USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM set_config('signalbox.journal', 'retiring', true);
    DELETE FROM journal_blob USING journal_event event
    WHERE event.run = chain AND journal_blob.owner = event.digest;
    DELETE FROM journal_event WHERE run = chain;
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('signalbox.journal', '', true);
    RETURN removed;
END $$;
"""
ALLOW = """
DROP FUNCTION journal_retire(uuid);
DROP FUNCTION journal_erase(uuid);
DROP FUNCTION journal_over(uuid);
DROP TRIGGER journal_event_content_only ON journal_event;
DROP TRIGGER journal_blob_content_only ON journal_blob;
DROP FUNCTION journal_content_only();
DROP TRIGGER journal_event_append_only ON journal_event;
DROP TRIGGER journal_blob_append_only ON journal_blob;
DROP FUNCTION journal_refuse();
"""
# Blobs are hashed and often dense: compressing them costs more than it saves, and plain storage
# lets a download read them in slices.
PLAIN = "ALTER TABLE journal_blob ALTER COLUMN content SET STORAGE EXTERNAL"


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_tables")]
    operations = [
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunSQL(PLAIN, migrations.RunSQL.noop),
    ]
