"""A small table of what each process last did of its rounds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="Round",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("process", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=100)),
                ("done_at", models.DateTimeField()),
                ("failures", models.IntegerField()),
                ("trouble", models.CharField(max_length=300)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddConstraint(
            "round", models.UniqueConstraint(fields=("process", "name"), name="live_round_once")
        ),
    )
