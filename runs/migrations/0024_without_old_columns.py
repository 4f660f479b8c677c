"""What became routing policies, and one setting, is no column of an agent any more."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0023_one_setting_each"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="agent",
            name="routing",
        ),
        migrations.RemoveField(
            model_name="agent",
            name="several_calls",
        ),
        migrations.AlterField(
            model_name="agent",
            name="parallel_calls",
            field=models.PositiveSmallIntegerField(
                default=8,
                help_text=(
                    "How many calls that only read may be under way at the same time; what changes"
                    " the world is always alone and in order. 1: its model is told to ask for one"
                    " call at a time"
                ),
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(32),
                ],
                verbose_name="parallel calls",
            ),
        ),
        migrations.AlterField(
            model_name="agent",
            name="tiers",
            field=models.JSONField(
                blank=True,
                db_default={},
                default=dict,
                help_text="Other models of this agent, by what they are asked for: plan, judge",
            ),
        ),
    ]
