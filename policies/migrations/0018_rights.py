"""A change of a right, a person's own or their group's, moves the revision: runs live on it."""

from django.db import migrations

from policies.current.revision import follow


class Migration(migrations.Migration):
    dependencies = [("policies", "0017_people_of_budgets")]

    operations = [follow("auth_user_user_permissions"), follow("auth_group_permissions")]
