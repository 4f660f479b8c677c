"""Who holds which scope."""

from django.db import migrations, models

from policies.current.revision import follow

VERSION = """
CREATE TRIGGER policies_scopegrant_version BEFORE UPDATE ON policies_scopegrant
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION policies_next_version();
"""
NO_VERSION = "DROP TRIGGER policies_scopegrant_version ON policies_scopegrant;"


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0012_shipped_judge"),
    ]

    operations = [
        migrations.CreateModel(
            name="ScopeGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.SlugField(
                        help_text="What the journal and people call it", max_length=80, unique=True
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("enabled", models.BooleanField(default=True)),
                (
                    "group",
                    models.CharField(
                        blank=True,
                        help_text="Whose runs may use these scopes; empty: everybody's",
                        max_length=150,
                    ),
                ),
                (
                    "scopes",
                    models.CharField(
                        help_text=(
                            "Names or patterns of scopes, separated by spaces: refunds:issue"
                            " tickets:*"
                        ),
                        max_length=500,
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True, help_text="Why this is granted, for whoever edits it next"
                    ),
                ),
            ],
            options={"ordering": ("name",)},
        ),
        migrations.RunSQL(VERSION, NO_VERSION),
        follow("policies_scopegrant"),
    ]
