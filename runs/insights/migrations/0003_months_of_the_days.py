"""The months that have been, from their days. The clock's rounds wait meanwhile."""

from django.db import migrations

ADD = """SELECT pg_advisory_xact_lock(hashtext('insights'));
    DELETE FROM insights_rollup WHERE span = 'month';
    INSERT INTO insights_rollup (span, at, noun, agent, name, measure, amount)
    SELECT 'month', date_trunc('month', at, 'UTC'), noun, agent, name, measure, sum(amount)
    FROM insights_rollup WHERE span = 'day' GROUP BY 2, 3, 4, 5, 6"""


class Migration(migrations.Migration):
    dependencies = [("insights", "0002_sums_of_months")]

    operations = [
        migrations.RunSQL(ADD, "DELETE FROM insights_rollup WHERE span = 'month'"),
    ]
