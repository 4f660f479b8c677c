"""Budgets of users name people by their ids: in whom they are for, and whose pot it is.

A change of a name moves the revision as well.
"""

from typing import Any

from django.db import migrations, models

from policies.current.revision import follow

WHO = "Names or patterns of agents or users, separated by spaces: refund-desk bug-*"
BUCKETS = """UPDATE policies_escrow pot SET holder = person.id::text
    FROM policies_budget budget, auth_user person
    WHERE budget.id = pot.budget_id AND budget.scope = 'user' AND budget.each
    AND person.username = pot.holder"""


def by_id(apps: Any, schema_editor: Any) -> None:
    """A name that nobody has held nobody, and goes on holding nobody."""
    people = dict(apps.get_model("auth", "User").objects.values_list("username", "pk"))
    for budget in apps.get_model("policies", "Budget").objects.filter(scope="user"):
        words = (
            f"{word}#{people[word]}" if word in people else word for word in budget.who.split()
        )
        type(budget).objects.filter(pk=budget.pk).update(who=" ".join(words))


class Migration(migrations.Migration):
    dependencies = [("policies", "0016_who_pulled")]

    operations = [
        migrations.AlterField(
            "budget",
            "who",
            models.TextField(blank=True, help_text=WHO),
        ),
        migrations.RunPython(by_id, migrations.RunPython.noop),
        migrations.RunSQL(BUCKETS, migrations.RunSQL.noop),
        migrations.RunSQL("DROP TRIGGER auth_user_moves ON auth_user", migrations.RunSQL.noop),
        follow("auth_user", ("is_active", "is_superuser", "username")),
    ]
