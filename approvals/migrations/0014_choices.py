"""An index of what open requests can be filtered by: each choice is one step of it."""

import approvals.rules.request_vocabulary
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0013_asked_in_drills")]

    operations = [
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=models.Q(
                    ("drill", False),
                    ("status", approvals.rules.request_vocabulary.RequestStatus["OPEN"]),
                ),
                fields=["agent", "agent_title", "tool", "group"],
                name="request_choices",
            ),
        ),
    ]
