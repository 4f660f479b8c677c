"""Who holds which scope, as an administrator writes it.

What that means is decided in `policies.scopes.rules`, not here.
"""

from django.db import models

from policies.current.policy_table import PolicyTable


class ScopeGrant(PolicyTable):
    """A group's scopes.

    Whoever is in several groups holds what any of them holds; superusers hold every scope.
    """

    group = models.CharField(
        max_length=150, blank=True, help_text="Whose runs may use these scopes; empty: everybody's"
    )
    scopes = models.CharField(
        max_length=500,
        help_text="Names or patterns of scopes, separated by spaces: refunds:issue tickets:*",
    )
    note = models.TextField(blank=True, help_text="Why this is granted, for whoever edits it next")
