"""Who pulled and released a lever, by an opaque id beside the name they had then.

Of levers from before the name is all that is known.
"""

from django.db import migrations, models

ID = {"max_length": 64, "blank": True, "default": "", "db_default": ""}


class Migration(migrations.Migration):
    dependencies = [("policies", "0015_people")]

    operations = [
        migrations.AddField("halt", "pulled_by_id", models.CharField(**ID)),
        migrations.AddField("halt", "released_by_id", models.CharField(**ID)),
    ]
