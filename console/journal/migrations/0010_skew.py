"""How far the times of events stray from the order of their ids."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0009_content_index")]

    operations = [
        migrations.AddField(
            model_name="indexing", name="latest", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="indexing", name="skew", field=models.FloatField(default=0.0)
        ),
    ]
