"""Who asks: the owner of a token, by the token's scope and by the rights that its owner has now.
Cookies are not looked at, so nothing can be forged by a page.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.db.models.functions import Greatest
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from console import permits
from console.api import rate
from console.doors import json_answers
from console.doors.api_errors import ApiError
from console.journal import acting, database_clock
from console.models import ApiToken
from console.people import api_tokens
from console.permits import Permit, View
from console.refused import Refused

SCHEME = "bearer"
UNKNOWN = ApiError(401, headers={"WWW-Authenticate": "Bearer"})


def admits(scope: str, *permissions: str) -> Callable[[View], View]:
    """Admit tokens of this scope whose owner has these permissions; `request.user` is the owner."""

    def declared(view: View) -> View:
        @csrf_exempt
        @login_not_required
        @wraps(view)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                request.user = owner(request, scope, permissions)
                answer: HttpResponse = view(request, *args, **kwargs)
            except ApiError as error:
                return json_answers.refused(error)
            except Refused as no:
                return json_answers.refused(ApiError(409, "refused", no.sentence))
            except PermissionDenied as no:
                return json_answers.refused(ApiError(403, message=str(no)))
            except Http404:
                return json_answers.refused(ApiError(404))
            return answer

        return permits.marked(asked, Permit(permissions, scope=scope))

    return declared


def owner(request: HttpRequest, scope: str, permissions: tuple[str, ...]) -> Any:
    """The token's owner, who acts by it from here on. Raises ApiError."""
    token = presented(request)
    if scope not in token.scopes:
        raise ApiError(403, "scope_missing", f"This token is not for {scope}.")
    if not token.user.has_perms(permissions):
        raise ApiError(403)
    return acting.by(token.user, f"token {token.name}")


def presented(request: HttpRequest) -> ApiToken:
    """The good token that came with the request, which counts as used now. Raises ApiError.

    It is found by the digest of what was sent, so the time this takes tells nothing about others.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME or not secret.startswith(api_tokens.PREFIX):
        raise UNKNOWN
    now = database_clock.now()
    mine = api_tokens.good(now).filter(digest=api_tokens.digest(secret.strip()))
    found = mine.select_related("user").first()
    if found is None:
        raise UNKNOWN
    # one statement, so that requests side by side are all counted
    in_time = ApiToken.objects.filter(pk=found.pk).exclude(ready_at__gt=now + rate.AHEAD)
    if not in_time.update(last_used_at=now, ready_at=Greatest(F("ready_at"), now) + rate.INTERVAL):
        wait = rate.retry_after(found.ready_at or now, now)
        raise ApiError(429, headers={"Retry-After": str(wait)})
    return found
