"""What django-axes left: its tables, the permissions on them, and that it had migrations."""

from django.db import migrations

GONE = """DROP TABLE IF EXISTS axes_accessattemptexpiration, axes_accessattempt,
    axes_accessfailurelog, axes_accesslog CASCADE;
DELETE FROM django_migrations WHERE app = 'axes';
DELETE FROM auth_group_permissions WHERE permission_id IN (
    SELECT p.id FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id
    WHERE c.app_label = 'axes');
DELETE FROM auth_user_user_permissions WHERE permission_id IN (
    SELECT p.id FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id
    WHERE c.app_label = 'axes');
DELETE FROM auth_permission WHERE content_type_id IN (
    SELECT id FROM django_content_type WHERE app_label = 'axes');
DELETE FROM django_admin_log WHERE content_type_id IN (
    SELECT id FROM django_content_type WHERE app_label = 'axes');
DELETE FROM django_content_type WHERE app_label = 'axes';"""


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0005_cache_table"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunSQL(GONE, migrations.RunSQL.noop)]
