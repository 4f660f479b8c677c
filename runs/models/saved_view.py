"""The tables of saved views: a name for a query of the fleet, and who has which as a tab."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower


class SavedView(models.Model):
    """A query of the fleet under a name: its owner's alone, or `shared` with everybody."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000)
    shared = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]
        default_permissions = ()
        permissions = [("share_view", "Can share saved views with everybody")]
        constraints = (
            models.UniqueConstraint("owner", Lower("name"), name="a_view_name_once"),
            models.UniqueConstraint(
                Lower("name"), condition=models.Q(shared=True), name="a_shared_view_name_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} of {self.owner}"


class PinnedView(models.Model):
    """A saved view among the tabs of one person's fleet, in the order in which they were pinned;
    the fleet opens with the one that is `first`.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="pins")
    first = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("user", "view"), name="a_view_pinned_once"),
            models.UniqueConstraint(
                fields=("user",), condition=models.Q(first=True), name="one_first_view"
            ),
        )

    def __str__(self) -> str:
        return f"{self.view} for {self.user}"
