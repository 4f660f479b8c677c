"""What a budget and a judge say of the models that an agent names."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policies", "0021_shipped_routing")]

    operations = [
        migrations.AlterField(
            model_name="budget",
            name="downgrade_at",
            field=models.PositiveSmallIntegerField(
                default=80,
                help_text=(
                    "From here on runs go on with the cheaper model, until the next period or more"
                    " amount leaves room again; at the full amount they stop"
                ),
                verbose_name="from so many percent",
            ),
        ),
        migrations.AlterField(
            model_name="budget",
            name="model",
            field=models.CharField(
                blank=True,
                help_text=(
                    "openai:MODEL or anthropic:MODEL. Empty: each agent's usual model in place of"
                    " its better one; an agent that names no better one stops"
                ),
                max_length=200,
                verbose_name="cheaper model",
            ),
        ),
        migrations.AlterField(
            model_name="judgepolicy",
            name="planner",
            field=models.CharField(
                blank=True,
                help_text=(
                    "openai:MODEL or anthropic:MODEL. Empty: the agent's model for judging, else"
                    " the run's own"
                ),
                max_length=200,
                verbose_name="model",
            ),
        ),
    ]
