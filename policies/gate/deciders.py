"""Whether a group has as many people as have to agree, and which policies name one. Reads only."""

from collections.abc import Iterable, Iterator, Sequence

from django.contrib.auth.models import User
from django.db.models import Q

from console import figures
from policies.current import known_names
from policies.gate.models import ToolPolicy


def unanswered(policies: Iterable[ToolPolicy]) -> Iterator[tuple[ToolPolicy, str]]:
    """Policies that ask, or pass on to, a group in which nobody is, each with a sentence on it. An
    owner may answer for every group, and hears of none.
    """
    asking = {policy: asked(policy) for policy in policies}
    named = {group for groups in asking.values() for group in groups}
    there = User.objects.filter(is_active=True, groups__name__in=named)
    manned = set(there.values_list("groups__name", flat=True)) if named else set()
    for policy, groups in asking.items():
        for group in groups:
            if group not in manned:
                yield (
                    policy,
                    f"Nobody is in “{group}”, {groups[group]}: only an owner could answer.",
                )


def asked(policy: ToolPolicy) -> dict[str, str]:
    """The groups that a policy asks, each with when."""
    capped = policy.verdict == ToolPolicy.Verdicts.ALLOW_WITH_CAPS
    if ToolPolicy.Verdicts.ASK not in {policy.verdict, policy.over_cap if capped else ""}:
        return {}
    found = dict.fromkeys(known_names.GROUPS.words(policy.approver_group), "which it asks")
    if policy.on_expiry == ToolPolicy.OnExpiry.ESCALATE and policy.ttl_seconds:
        found.setdefault(policy.escalate_to, "which is asked once the time to decide is over")
    return found


def naming(group: str) -> Iterator[str]:
    """The policies whose calls this group answers, is passed on or is held by."""
    named = Q(group=group) | Q(escalate_to=group) | Q(approver_group__contains=group)
    for policy in ToolPolicy.objects.filter(named).order_by("priority", "name"):
        asked = known_names.GROUPS.words(policy.approver_group)
        if group in {policy.group, policy.escalate_to, *asked}:
            yield f"the tool policy {policy.name}"


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
