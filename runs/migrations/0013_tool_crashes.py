"""How often a tool ended, froze or filled its process, and with what last words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0012_late_calls")]
    operations = [
        migrations.CreateModel(
            name="ToolCrash",
            fields=[
                ("tool", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("times", models.PositiveIntegerField(default=0)),
                ("at", models.DateTimeField(help_text="Of the last one")),
                ("how", models.TextField(help_text="What became of its process the last time")),
                (
                    "words",
                    models.TextField(
                        blank=True, default="", help_text="The last lines of that process"
                    ),
                ),
            ],
            options={"ordering": ["-at"], "verbose_name_plural": "tool crashes"},
        ),
    ]
