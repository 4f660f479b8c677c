"""Policies of the tool gate, the tally of what they allowed, and the revision that every edit of a
policy moves.
"""

from django.db import migrations, models

from policies.current.revision import follow

# The number comes from a sequence: a table put back to an earlier state gets its old number with
# its old rows, and no number twice.
MOVES = """
CREATE SEQUENCE policies_revision_number OWNED BY policies_revision.number;
CREATE FUNCTION policies_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE policies_revision SET number = nextval('policies_revision_number');
    RETURN NULL;
END $$;
INSERT INTO policies_revision (number) VALUES (nextval('policies_revision_number'));
"""
STANDS_STILL = (
    "DROP FUNCTION policies_moved(); DROP SEQUENCE policies_revision_number; DELETE FROM"
    " policies_revision;"
)

# Whoever changes a policy makes a new version of it, by whatever way.
VERSION = """
CREATE FUNCTION policies_next_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER policies_toolpolicy_version BEFORE UPDATE ON policies_toolpolicy
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION policies_next_version();
"""
NO_VERSION = (
    "DROP TRIGGER policies_toolpolicy_version ON policies_toolpolicy; DROP FUNCTION"
    " policies_next_version();"
)

EFFECTS = [
    ("any", "whatever it does"),
    ("read", "reads"),
    ("reversible", "can be undone"),
    ("irreversible", "cannot be undone"),
]
VERDICTS = [
    ("allow", "allow"),
    ("allow_with_caps", "allow with caps"),
    ("require_approval", "require approval"),
    ("deny", "deny"),
]


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Revision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="ToolPolicy",
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
                    "priority",
                    models.PositiveIntegerField(
                        db_index=True,
                        default=100,
                        help_text="Lowest first; the first policy that fits decides",
                    ),
                ),
                (
                    "agent",
                    models.CharField(
                        default="*",
                        help_text=(
                            "Names or patterns of agents, separated by spaces: refund-desk bug-*"
                        ),
                        max_length=300,
                    ),
                ),
                (
                    "tool",
                    models.CharField(
                        default="*",
                        help_text=(
                            "Names or patterns of tools, separated by spaces: issue_refund kb_*"
                            " time.*"
                        ),
                        max_length=500,
                    ),
                ),
                (
                    "effect",
                    models.CharField(
                        choices=EFFECTS,
                        default="any",
                        help_text="What the tool does to the world",
                        max_length=16,
                    ),
                ),
                (
                    "group",
                    models.CharField(
                        blank=True,
                        help_text="Only for people of this group; empty: for everybody",
                        max_length=150,
                        verbose_name="principal's group",
                    ),
                ),
                (
                    "condition",
                    models.TextField(
                        blank=True,
                        help_text="CEL; the policy fits only when it is true. Empty: always",
                    ),
                ),
                (
                    "verdict",
                    models.CharField(choices=VERDICTS, default="require_approval", max_length=20),
                ),
                (
                    "caps",
                    models.TextField(
                        blank=True,
                        help_text=(
                            "CEL that must hold, such as args.amount <= 50; for “allow with caps”"
                        ),
                    ),
                ),
                (
                    "cap_per_run",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="That this policy allows in one run",
                        null=True,
                        verbose_name="calls per run",
                    ),
                ),
                (
                    "cap_per_hour",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text=(
                            "That this policy allows to one agent in one hour of the clock (UTC)"
                        ),
                        null=True,
                        verbose_name="calls per hour",
                    ),
                ),
                (
                    "over_cap",
                    models.CharField(
                        choices=VERDICTS[2:],
                        default="require_approval",
                        max_length=20,
                        verbose_name="over a cap",
                    ),
                ),
                (
                    "sentence",
                    models.TextField(
                        blank=True,
                        help_text=(
                            "What people read when it denies or asks; {args.amount}, {tool},"
                            " {agent} and {principal} are filled in"
                        ),
                    ),
                ),
                (
                    "note",
                    models.TextField(
                        blank=True, help_text="Why this policy is here, for whoever edits it next"
                    ),
                ),
            ],
            options={"verbose_name_plural": "tool policies", "ordering": ("priority", "name")},
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("policy", models.CharField(max_length=80)),
                ("agent", models.CharField(max_length=50)),
                ("hour", models.DateTimeField()),
                ("calls", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("policy", "agent", "hour"), name="policies_tally_once"
                    )
                ]
            },
        ),
        migrations.RunSQL(MOVES, STANDS_STILL),
        migrations.RunSQL(VERSION, NO_VERSION),
        follow("policies_toolpolicy"),
    ]
