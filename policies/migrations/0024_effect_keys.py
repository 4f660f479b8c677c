"""Policies may name the arguments that tell one effect from another, and for how long it counts."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policies", "0023_policies_that_ask_less")]
    operations = [
        migrations.AddField(
            model_name="toolpolicy",
            name="effect_key",
            field=models.CharField(
                blank=True,
                help_text=(
                    "Arguments that tell one effect from another, separated by spaces: order_id"
                    " amount. Empty: those that the tool names itself, if it does"
                ),
                max_length=300,
                verbose_name="the same effect",
            ),
        ),
        migrations.AddField(
            model_name="toolpolicy",
            name="effect_hours",
            field=models.PositiveIntegerField(
                blank=True,
                help_text=(
                    "In which no run has the same effect again unasked. Empty: within one run only"
                ),
                null=True,
                validators=[MinValueValidator(1), MaxValueValidator(8_760)],
                verbose_name="hours that it counts",
            ),
        ),
    ]
