"""What each address asks of a person before anything is read: declared with the view, by one
decorator, for every method alike.

`console.doors.permitted` refuses an address whose view declares nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.views.decorators.http import require_safe

View = Callable[..., Any]
DECLARED = "permit"


@dataclass(frozen=True, slots=True)
class Permit:
    """All of `permissions` are needed.

    Without any: whoever is signed in, or everybody, and `why` that is right.

    `then` is what the act behind it asks for besides, and refuses with its reason, once the page
    was theirs to read. `scope`: only a program's token with this scope opens it, no sign-in; the
    permissions are then those of the token's owner.
    """

    permissions: tuple[str, ...] = ()
    everybody: bool = False
    why: str = ""
    then: str = ""
    scope: str = ""

    def __str__(self) -> str:
        if self.scope:
            return f"a token for {self.scope}; its owner needs {' and '.join(self.permissions)}"
        if self.permissions:
            return " and ".join(self.permissions) + (f"; to act, {self.then}" if self.then else "")
        return f"{'nothing' if self.everybody else 'a sign-in'} ({self.why})"


def asks(*permissions: str, then: str = "") -> Callable[[View], View]:
    """Refuse whoever lacks one of these permissions, whatever they sent, before the view runs."""
    if not permissions:
        raise ValueError("say which permission, or why none is needed")

    def declared(view: View) -> View:
        @wraps(view)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not request.user.has_perms(permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return marked(asked, Permit(permissions, then=then))

    return declared


def reads(*permissions: str) -> Callable[[View], View]:
    """Admits people with the permission to a page that only shows something: no posting."""
    return lambda view: require_safe(asks(*permissions)(view))


def open_to_members(why: str) -> Callable[[View], View]:
    """Admit everybody who is signed in; `why` says that nothing more is needed."""
    return lambda view: marked(view, Permit(why=why))


def open_to_everybody(why: str) -> Callable[[View], View]:
    """Admit everybody; `why` says so. The view itself is marked as needing no sign-in as well."""
    return lambda view: marked(view, Permit(everybody=True, why=why))


def marked(view: View, permit: Permit) -> View:
    setattr(view, DECLARED, permit)
    return view


def of(view: Callable[..., Any]) -> Permit | None:
    """What the view declares; None when it says nothing."""
    return getattr(view, DECLARED, None)
