"""A change of people or of their groups moves the revision: runs live on what those they work for
may do.
"""

from django.db import migrations

from policies.current.revision import follow


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0014_shipped_scopes"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        follow("auth_user", ("is_active", "is_superuser")),
        follow("auth_user_groups"),
        follow("auth_group"),
    ]
