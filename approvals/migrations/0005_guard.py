"""How many requests an agent may have open at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0004_channels"),
    ]

    operations = [
        migrations.CreateModel(
            name="Guard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "agent",
                    models.CharField(
                        help_text="Name of an agent, or * for all that have no limit of their own",
                        max_length=50,
                        unique=True,
                    ),
                ),
                (
                    "most",
                    models.PositiveIntegerField(help_text="Open requests of that agent at once"),
                ),
                ("enabled", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["agent"],
            },
        ),
    ]
