"""A person's own account: the sessions they have open, which browsers are told, and how they sign
in.
"""

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from approvals.selectors import own_browsers, told_readers
from console import figures, permits
from console.journal import acting, database_clock
from console.outside import push_key
from console.pages import factor_pages, password_page, push_pages
from console.pages.own import own
from console.signing_in import sessions
from console.signing_in.house_factors import no_passkeys

members = permits.open_to_members("it is one's own account")


@never_cache
@require_safe
@members
def account(request: HttpRequest) -> HttpResponse:
    """What one may see of one's own sign-ins."""
    user = own(request)
    found = sessions.listed(user, request.session.session_key)
    connected = SocialAccount.objects.filter(user=user).first()
    answers = told_readers.answers(user)
    context = {
        "sessions": found,
        "browsers": own_browsers.listed(user, request.session.get(push_pages.HERE)),
        "push_key": push_key.public() if answers else "",
        "no_passkeys": no_passkeys(request),
        "oidc": settings.OIDC.issuer and settings.OIDC.name,
        "connected": connected,
        "may_have_password": password_page.may_have(user),
        "has_password": user.has_usable_password(),
    }
    return render(request, "account/account.html", {**context, **factor_pages.factors(user)})


@require_POST
@members
def session_end(request: HttpRequest, session: int) -> HttpResponse:
    """End one of one's sessions, with its sockets."""
    user = own(request)
    found = get_object_or_404(UserSession, pk=min(session, 2**63 - 1), user=user)
    sessions.end(user, [found], actor=acting.of(user), at=database_clock.now())
    messages.success(request, "That session is over.")
    return HttpResponseRedirect(reverse("account"))


@require_POST
@members
def sessions_end(request: HttpRequest) -> HttpResponse:
    """End all of one's sessions but this one."""
    user, key = own(request), request.session.session_key
    ended = sessions.end_all(user, actor=acting.of(user), at=database_clock.now(), but=key)
    messages.success(request, f"{figures.plural(ended, 'other session')} ended.")
    return HttpResponseRedirect(reverse("account"))
