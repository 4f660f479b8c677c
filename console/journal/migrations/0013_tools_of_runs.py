"""Whether a run has called a tool: asked of run after run, each look is one step of an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0012_principal")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("tool", ""), _negated=True),
                fields=["tool", "run"],
                name="journal_event_tool",
            ),
        ),
    ]
