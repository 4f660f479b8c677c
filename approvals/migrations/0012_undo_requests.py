"""A request may be about undoing what an ended run did."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0011_run_news"),
    ]

    operations = [
        migrations.AlterField(
            model_name="request",
            name="kind",
            field=models.CharField(
                choices=[
                    ("call", "call"),
                    ("in_doubt", "in_doubt"),
                    ("budget", "budget"),
                    ("loop", "loop"),
                    ("acceptance", "acceptance"),
                    ("undo", "undo"),
                ],
                max_length=16,
            ),
        ),
    ]
