"""When the chain of a run is over, so that its content may be erased or the whole of it retired:
once the run has ended.
"""

from django.db import migrations

ENDED = """CREATE OR REPLACE FUNCTION journal_over(chain uuid) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM public.runs_run WHERE id = chain
    AND status IN ('completed', 'stopped'))
$$"""
NEVER = (
    "CREATE OR REPLACE FUNCTION journal_over(chain uuid) RETURNS boolean LANGUAGE sql STABLE AS $$"
    " SELECT false $$"
)


class Migration(migrations.Migration):
    dependencies = [("runs", "0008_running_time_so_far"), ("journal", "0002_append_only")]
    operations = [migrations.RunSQL(ENDED, NEVER)]
