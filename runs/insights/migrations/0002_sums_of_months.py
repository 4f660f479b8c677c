"""Room for sums of months, and an index in which the sums about one noun stand together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("insights", "0001_rollups")]

    operations = [
        migrations.AlterField(
            model_name="rollup",
            name="span",
            field=models.CharField(
                choices=[("hour", "Hour"), ("day", "Day"), ("month", "Month")], max_length=5
            ),
        ),
        migrations.RemoveConstraint(model_name="rollup", name="insights_rollup_once"),
        migrations.AddConstraint(
            model_name="rollup",
            constraint=models.UniqueConstraint(
                fields=("span", "noun", "at", "agent", "name", "measure"),
                include=("amount",),
                name="insights_rollup_once",
            ),
        ),
    ]
