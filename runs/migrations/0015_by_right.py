"""Whether the person a run works for might start runs when they started it.

Of runs from before: whether they may now. Nothing pauses because it was brought up to date.
"""

from django.db import migrations, models

MAY = """UPDATE runs_run SET by_right = true FROM auth_user person WHERE person.id = principal_id
    AND status NOT IN ('completed', 'stopped') AND (person.is_superuser OR EXISTS (
        SELECT FROM auth_permission held JOIN django_content_type what
        ON what.id = held.content_type_id
        WHERE what.app_label = 'runs' AND held.codename = 'operate_run' AND (
            EXISTS (SELECT FROM auth_user_user_permissions own
                WHERE own.user_id = person.id AND own.permission_id = held.id)
            OR EXISTS (SELECT FROM auth_user_groups membership
                JOIN auth_group_permissions lent USING (group_id)
                WHERE membership.user_id = person.id AND lent.permission_id = held.id))))"""


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0014_lost_workers"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.AddField(
            "run",
            "by_right",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="They might start runs when they started it: it pauses once they may not",
            ),
        ),
        migrations.RunSQL(MAY, migrations.RunSQL.noop),
    ]
