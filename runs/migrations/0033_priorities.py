"""Whether people wait for a run, how many of an agent's may be at work, and the indexes by which
a worker finds the next one.
"""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0032_fire_drills"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="agent",
            name="max_active",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Most of its runs at work at the same time; further ones are queued."
                " Empty: any",
                null=True,
                validators=[MinValueValidator(1)],
                verbose_name="runs at work",
            ),
        ),
        migrations.AddField(
            model_name="agent",
            name="priority",
            field=models.CharField(
                choices=[
                    ("interactive", "people wait for it"),
                    ("batch", "batch, after those"),
                ],
                db_default="interactive",
                default="interactive",
                help_text="Of its runs, unless whoever starts one chooses otherwise",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="priority",
            field=models.CharField(
                choices=[("interactive", "interactive"), ("batch", "batch")],
                db_default="interactive",
                default="interactive",
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status", "queued")),
                fields=["priority", "principal", "agent", "created_at"],
                name="run_queued",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("lease_owner", ""), _negated=True),
                fields=["principal", "agent"],
                name="run_held",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("control", "kill")), fields=["created_at"], name="run_killed"
            ),
        ),
    ]
