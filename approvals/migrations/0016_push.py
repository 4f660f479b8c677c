"""A channel may be a browser of somebody, who is told by Web Push."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("approvals", "0015_held_answers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="channel",
            name="kind",
            field=models.CharField(
                max_length=8,
                choices=[
                    ("email", "e-mail"),
                    ("webhook", "webhook (Slack-compatible, signed)"),
                    ("push", "a browser"),
                ],
            ),
        ),
        migrations.AddField(
            model_name="channel",
            name="owner",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="push_browsers",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="channel",
            name="browser",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=80),
        ),
        migrations.AddField(
            model_name="channel",
            name="push_keys",
            field=models.JSONField(
                db_default={},
                default=dict,
                editable=False,
                help_text=(
                    "What only this browser reads by, and the key of ours that it was switched on"
                    " for"
                ),
            ),
        ),
    ]
