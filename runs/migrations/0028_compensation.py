"""What becomes of what a run did when it stops, and whether a person has to look into it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0027_effect_claims"),
    ]

    operations = [
        migrations.AddField(
            model_name="agent",
            name="after_kill",
            field=models.CharField(
                choices=[
                    ("undo", "undo it, newest first"),
                    ("leave", "leave it as it is"),
                    ("ask", "ask a person"),
                ],
                db_default="undo",
                default="undo",
                help_text="What becomes of what a run did when a person kills it, who may choose"
                " otherwise",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="agent",
            name="after_reasons",
            field=models.JSONField(
                blank=True,
                db_default={},
                default=dict,
                help_text='Otherwise for these: {"DRIFTED": "undo", "BUDGET_EXCEEDED": "ask"}',
                verbose_name="after single stop reasons",
            ),
        ),
        migrations.AddField(
            model_name="agent",
            name="after_stop",
            field=models.CharField(
                choices=[
                    ("undo", "undo it, newest first"),
                    ("leave", "leave it as it is"),
                    ("ask", "ask a person"),
                ],
                db_default="leave",
                default="leave",
                help_text="What becomes of what a run did when a budget, a rule or a failure stops"
                " it. A run that was undone cannot be continued",
                max_length=8,
                verbose_name="after any other stop",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="leftover",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Something could not be undone, and nobody has looked into it",
            ),
        ),
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
                    ("undo", "undo"),
                ],
                default="",
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("leftover", True)), fields=["created_at"], name="run_leftover"
            ),
        ),
    ]
