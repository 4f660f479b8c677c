"""Effects that are taken over all runs for a while: one row a key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0026_servers_of_a_run")]
    operations = [
        migrations.CreateModel(
            name="EffectClaim",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("run", models.UUIDField()),
                ("call", models.CharField(max_length=40)),
                ("step", models.PositiveIntegerField()),
                ("done", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField(db_index=True)),
            ],
        )
    ]
