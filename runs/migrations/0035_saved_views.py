"""Saved views of the fleet, and who has which as a tab."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def person() -> models.Field:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0034_fleet_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", KEY.clone()),
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=1000)),
                ("shared", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                ("owner", person()),
            ],
            options={
                "ordering": ["name", "id"],
                "permissions": [("share_view", "Can share saved views with everybody")],
                "default_permissions": (),
                "constraints": (
                    models.UniqueConstraint(
                        models.F("owner"),
                        django.db.models.functions.text.Lower("name"),
                        name="a_view_name_once",
                    ),
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("shared", True)),
                        name="a_shared_view_name_once",
                    ),
                ),
            },
        ),
        migrations.CreateModel(
            name="PinnedView",
            fields=[
                ("id", KEY.clone()),
                ("first", models.BooleanField(default=False)),
                ("user", person()),
                (
                    "view",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pins",
                        to="runs.savedview",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "default_permissions": (),
                "constraints": (
                    models.UniqueConstraint(fields=("user", "view"), name="a_view_pinned_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("first", True)),
                        fields=("user",),
                        name="one_first_view",
                    ),
                ),
            },
        ),
    ]
