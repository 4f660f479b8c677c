"""Pauses of the runs that are in the sums, by their reasons. The clock's rounds wait meanwhile."""

from django.db import migrations

ADD = """SELECT pg_advisory_xact_lock(hashtext('insights'));
    DELETE FROM insights_rollup WHERE noun = 'end' AND measure = 'paused';
    INSERT INTO insights_rollup (span, at, noun, agent, name, measure, amount)
    SELECT spans.span, date_trunc(spans.span, e.ts, 'UTC'), 'end', e.agent,
        e.data::json ->> 'reason', 'paused', count(*)
    FROM journal_event e JOIN insights_rolledrun k ON k.run = e.run AND e.seq <= k.seq
    JOIN runs_run r ON r.id = k.run AND NOT r.drill AND NOT r.snapshot ? 'shadow'
    CROSS JOIN (VALUES ('hour'), ('day'), ('month')) AS spans (span)
    WHERE e.kind = 'run.paused' AND e.data::json ->> 'reason' <> ''
    GROUP BY 1, 2, 4, 5"""


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0003_months_of_the_days"),
        ("journal", "0016_chain_names"),
        ("runs", "0039_how_runs_stand_together"),
    ]

    operations = [
        migrations.RunSQL(ADD, "DELETE FROM insights_rollup WHERE measure = 'paused'"),
    ]
