"""A run may wait for the provider of its model."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0019_how_models_are_asked"),
    ]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="waiting_for",
            field=models.CharField(
                blank=True,
                choices=[
                    ("approval", "approval"),
                    ("backoff", "backoff"),
                    ("provider", "provider"),
                    ("child", "child"),
                    ("in_doubt", "in_doubt"),
                ],
                default="",
                max_length=16,
            ),
        ),
    ]
