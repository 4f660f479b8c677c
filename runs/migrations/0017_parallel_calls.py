"""How many calls of one decision that only read an agent may have under way at the same time."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0016_summarise")]

    operations = [
        migrations.AddField(
            model_name="agent",
            name="parallel_calls",
            field=models.PositiveSmallIntegerField(
                default=8,
                help_text=(
                    "How many calls of one decision that only read may be under way at the same"
                    " time; what changes the world is always alone and in order"
                ),
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(32),
                ],
                verbose_name="calls side by side",
            ),
        )
    ]
