"""A run's row is rewritten at each commit: its big columns out of line, and room on the page, so
that rewriting it stays cheap.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_tables")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE runs_run SET (toast_tuple_target = 256, fillfactor = 60,"
            " autovacuum_vacuum_scale_factor = 0.05)",
            "ALTER TABLE runs_run RESET (toast_tuple_target, fillfactor,"
            " autovacuum_vacuum_scale_factor)",
        ),
    ]
