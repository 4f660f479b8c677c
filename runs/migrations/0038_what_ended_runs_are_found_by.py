"""What runs are found by that ended for a reason, at a time or in a span of time, or with much of
something: none of it is changed by a step but the amounts, whose index knows blocks and no rows.
"""

import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
from django.db import migrations, models

LIVE = models.Q(("status__in", ["queued", "running", "waiting", "paused", "compensating"]))
OVER = models.Q(("status__in", ["completed", "stopped"]))
WITH_REASON = models.Q(("stop_reason", ""), _negated=True)
LIFE = models.Func(
    models.F("created_at"),
    models.Case(
        models.When(ended_at__lt=models.F("created_at"), then=models.F("created_at")),
        default=models.F("ended_at"),
    ),
    models.Value("[]"),
    function="tstzrange",
    output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
)


class Migration(migrations.Migration):
    dependencies = [("runs", "0037_bulk_acts")]

    operations = [
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(WITH_REASON, LIVE),
                fields=["stop_reason", "-created_at", "-id"],
                name="fleet_live_stop_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(WITH_REASON, OVER),
                fields=["stop_reason", "-created_at", "-id"],
                name="fleet_over_stop_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(condition=OVER, fields=["ended_at"], name="run_ended"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=django.contrib.postgres.indexes.GistIndex(LIFE, condition=OVER, name="run_life"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=django.contrib.postgres.indexes.BrinIndex(
                models.F("step"),
                models.F("usd"),
                models.F("tokens_in") + models.F("tokens_out"),
                autosummarize=True,
                name="run_amounts",
                pages_per_range=8,
            ),
        ),
    ]
