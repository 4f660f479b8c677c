"""Whether a group has as many people as have to agree. Reads only."""

from collections.abc import Iterator, Sequence

from django.contrib.auth.models import User
from django.db.models import Q

from console import figures


def too_few(groups: Sequence[str], quorum: int) -> Iterator[str]:
    """A sentence for each group that has fewer people than have to agree; an owner counts as one of
    every group.
    """
    for group in groups:
        there = Q(groups__name=group) | Q(is_superuser=True)
        count = User.objects.filter(there, is_active=True).distinct().count()
        if count < quorum:
            people = figures.plural(count, "person", "people")
            yield f"{quorum} of “{group}” have to agree, and {people} could: no question ends so."
