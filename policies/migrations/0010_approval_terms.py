"""The terms on which people are asked, on the policy that asks."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0009_shipped_budget"),
    ]

    operations = [
        migrations.AddField(
            model_name="toolpolicy",
            name="approver_group",
            field=models.CharField(
                default="approver",
                help_text=(
                    "Group whose members decide when a person is asked; several, separated by"
                    " commas, are stages one after the other"
                ),
                max_length=300,
                verbose_name="who decides",
            ),
        ),
        migrations.AddField(
            model_name="toolpolicy",
            name="escalate_to",
            field=models.CharField(
                default="admin",
                help_text="Group that is asked next, by the clock or by whoever was asked",
                max_length=150,
                verbose_name="escalated to",
            ),
        ),
        migrations.AddField(
            model_name="toolpolicy",
            name="four_eyes",
            field=models.BooleanField(
                default=True, help_text="Whoever started the run may not decide"
            ),
        ),
        migrations.AddField(
            model_name="toolpolicy",
            name="on_expiry",
            field=models.CharField(
                choices=[
                    ("deny", "deny the call, the run goes on"),
                    ("stop", "stop the run"),
                    ("escalate", "ask the next group"),
                ],
                default="deny",
                help_text="What happens when that time is over",
                max_length=12,
                verbose_name="when nobody decides",
            ),
        ),
        migrations.AddField(
            model_name="toolpolicy",
            name="quorum",
            field=models.PositiveSmallIntegerField(
                default=1,
                help_text="How many of them must agree, in each stage",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(20),
                ],
            ),
        ),
        migrations.AddField(
            model_name="toolpolicy",
            name="ttl_seconds",
            field=models.PositiveIntegerField(
                blank=True,
                default=1800,
                help_text="Seconds a question stays open. Empty: without a limit",
                null=True,
                verbose_name="time to decide",
            ),
        ),
    ]
