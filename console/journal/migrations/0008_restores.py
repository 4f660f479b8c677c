"""Old backups that were noticed, each until a person has accepted it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0007_person")]

    operations = [
        migrations.CreateModel(
            name="Restore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kept_number", models.BigIntegerField()),
                ("kept_at", models.DateTimeField(null=True)),
                ("lost_number", models.BigIntegerField()),
                ("lost_at", models.DateTimeField()),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("noticed_at", models.DateTimeField()),
                ("runs", models.PositiveIntegerField(default=0)),
                ("halt", models.BigIntegerField(null=True)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("accepted_by", models.CharField(blank=True, default="", max_length=150)),
                ("reason", models.TextField(blank=True, default="")),
            ],
            options={"default_permissions": ()},
        ),
    ]
