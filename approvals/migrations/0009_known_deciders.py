"""Who decided before ids were kept: known by the voice that the decision came with, never guessed
from a name.
"""

from django.db import migrations

DECIDED = """UPDATE approvals_request request SET decided_by_id = vote.voter_id::text
    FROM (SELECT DISTINCT ON (request_id) request_id, voter_id FROM approvals_vote
    ORDER BY request_id, id DESC) vote
    WHERE vote.request_id = request.id AND request.status = 'decided'
    AND request.decided_by LIKE 'user:%'
    AND request.act NOT IN ('resume')"""
GIVEN = """UPDATE approvals_grant standing SET given_by_id = request.decided_by_id
    FROM approvals_request request WHERE request.id::text = standing.name
    AND request.run_id = standing.run_id"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0008_who_decided")]
    operations = [
        migrations.RunSQL(DECIDED, migrations.RunSQL.noop),
        migrations.RunSQL(GIVEN, migrations.RunSQL.noop),
    ]
