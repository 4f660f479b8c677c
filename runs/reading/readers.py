"""Who looks at a page, and what they may therefore see and do. The journal's selectors enforce it;
this only describes it.
"""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import HttpRequest

from console.journal.visibility import Clearance, clearance_of


@dataclass(frozen=True, slots=True)
class PageReader:
    user: User
    clearance: Clearance
    sees_tools: bool
    operates: bool


def reader(request: HttpRequest) -> PageReader:
    """The reader of this request. Raises TypeError when nobody is signed in: every page asks for
    that first.
    """
    user = request.user
    if not isinstance(user, User):
        raise TypeError("a page for nobody")
    clearance = clearance_of(user)
    return PageReader(
        user, clearance, "user_hidden" in clearance, user.has_perm("runs.operate_run")
    )
