"""The one chain that belongs to no run."""

from django.db import migrations

ADD = (
    "INSERT INTO journal_chain (id, seq, head, lease_epoch) VALUES"
    " ('00000000-0000-0000-0000-000000000000', 0, '', 0) ON CONFLICT DO NOTHING"
)
REMOVE = "DELETE FROM journal_chain WHERE id = '00000000-0000-0000-0000-000000000000'"


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_append_only")]
    operations = [migrations.RunSQL(ADD, REMOVE)]
