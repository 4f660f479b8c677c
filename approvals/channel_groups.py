"""Which channels tell a group. Reads only."""

from collections.abc import Iterator

from approvals.models import Channel
from policies.current import known_names


def naming(group: str) -> Iterator[str]:
    for channel in Channel.objects.filter(groups__contains=group).order_by("name"):
        if group in known_names.GROUPS.words(channel.groups):
            yield f"the channel {channel.name}"
