"""Fire drills: their tables, and which runs are shadow copies."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0031_findings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Drill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("scenario", models.CharField(max_length=32)),
                ("agent_title", models.CharField(max_length=80)),
                ("tools", models.JSONField(default=list)),
                ("by_name", models.CharField(max_length=160)),
                ("runs", models.JSONField(default=list)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("facts", models.JSONField(default=dict)),
                ("report", models.JSONField(default=dict)),
                ("held", models.BooleanField(null=True)),
            ],
            options={
                "ordering": ["-started_at", "-id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="MonthlyDrill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("scenario", models.CharField(max_length=32)),
                ("next_at", models.DateTimeField()),
                ("trouble", models.TextField(blank=True, default="")),
            ],
            options={
                "ordering": ["next_at", "id"],
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="run",
            name="drill",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="A shadow copy in a fire drill: it counts in no figure of real work",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("drill", True)), fields=["created_at"], name="run_drill"
            ),
        ),
        migrations.AddField(
            model_name="drill",
            name="agent",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="drills",
                to="runs.agent",
            ),
        ),
        migrations.AddField(
            model_name="drill",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="monthlydrill",
            name="agent",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="monthly_drills",
                to="runs.agent",
            ),
        ),
        migrations.AddField(
            model_name="monthlydrill",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="drill",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["started_at"],
                name="drill_under_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="monthlydrill",
            constraint=models.UniqueConstraint(
                fields=("scenario", "agent"), name="a_monthly_drill_once"
            ),
        ),
    ]
