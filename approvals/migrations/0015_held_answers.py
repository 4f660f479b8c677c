"""An answer is held back for some seconds before it takes effect, so that it can be taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0014_choices")]

    operations = [
        migrations.AddField(
            model_name="request",
            name="held",
            field=models.JSONField(
                null=True, help_text="An answer that has not taken effect, as it was given"
            ),
        ),
        migrations.AddField(
            model_name="request",
            name="held_until",
            field=models.DateTimeField(
                null=True, help_text="When that answer takes effect, unless it is taken back before"
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=models.Q(("held_until__isnull", False)),
                fields=["held_until"],
                name="request_held",
            ),
        ),
    ]
