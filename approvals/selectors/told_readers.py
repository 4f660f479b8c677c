"""What somebody may be told outside the console: the requests that they may see and answer now."""

from collections.abc import Iterable

from django.contrib.auth.models import User

from approvals import cards
from approvals.models import Request
from policies import authority
from runs.run_authority import DECIDES

SEES = "approvals.view_request"


def answers(user: User) -> bool:
    """Whether there may be anything to tell them at all."""
    return user.has_perms((SEES, DECIDES))


def answerable(user: User, requests: Iterable[Request]) -> list[Request]:
    """The ones that this person sees and may answer: none for somebody who was switched off, left
    the group, or started the run where somebody else has to decide.
    """
    if not answers(user):
        return []
    who = cards.person_of(user)
    return [
        each
        for each in requests
        if authority.decides(who, cards.asking(each, each.run).question) is None
    ]
