"""Rows of runs that are there already: until their next event they show the time that has passed,
as they did before.
"""

from django.db import migrations

SO_FAR = """UPDATE runs_run SET
    active_seconds = CASE WHEN status IN ('running', 'queued') THEN 0
        ELSE greatest(coalesce(extract(epoch
        FROM coalesce(ended_at, phase_at) - started_at), 0), 0) END,
    clock_since = CASE WHEN status = 'running' THEN started_at END
    WHERE started_at IS NOT NULL"""


class Migration(migrations.Migration):
    dependencies = [("runs", "0007_running_time")]
    operations = [migrations.RunSQL(SO_FAR, migrations.RunSQL.noop)]
