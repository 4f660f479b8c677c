"""How often runs stand somewhere, wait for something and stopped for a reason at once: PostgreSQL
takes the three for independent of each other unless it is told to count them together, and then
reads thousands of runs that wait for people where it may stop after the first ones.
"""

from django.db import migrations

TOGETHER = "CREATE STATISTICS runs_standing (mcv) ON status, waiting_for, stop_reason FROM runs_run"


class Migration(migrations.Migration):
    dependencies = [("runs", "0038_what_ended_runs_are_found_by")]

    operations = [
        migrations.RunSQL(TOGETHER, "DROP STATISTICS runs_standing"),
        migrations.RunSQL("ANALYZE runs_run", migrations.RunSQL.noop),
    ]
