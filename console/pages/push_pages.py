"""One's own browsers, told of what one may answer: switched on, tried and switched off on one's
account page; and the script that shows what comes.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from approvals.models import Channel
from approvals.services import delivering, pushing
from console import permits
from console.journal import acting, database_clock
from console.pages import assets
from console.pages.own import own
from console.signing_in import sessions

HERE = "push"
"""Under which name a session knows the browser that it is in."""
SCRIPT = "js/push-worker.js"
members = permits.open_to_members("it is one's own account")


@permits.open_to_everybody("a script, which a browser asks for by itself")
@login_not_required
@require_safe
def push_worker(_request: HttpRequest) -> HttpResponse:
    """The script, at an address from which it may act for every page of the console."""
    answer = HttpResponse(assets.content(SCRIPT) or b"", content_type="text/javascript")
    answer["Cache-Control"] = "no-cache"
    return answer


@require_POST
@members
def push_on(request: HttpRequest) -> HttpResponse:
    """Tell this browser from now on."""
    user = own(request)
    made = pushing.switch_on(
        request.POST.get("credential", ""),
        user=user,
        browser=sessions.browser(request.headers.get("User-Agent", "")),
        actor=acting.of(user),
        at=database_clock.now(),
    )
    request.session[HERE] = made.pk
    messages.success(request, "This browser is told from now on.")
    return back()


@require_POST
@members
def push_off(request: HttpRequest, browser: int) -> HttpResponse:
    """Tell one of one's browsers nothing any more."""
    user = own(request)
    gone = [found(request, browser)]
    pushing.end(gone, actor=acting.of(user), at=database_clock.now())
    messages.success(request, "That browser is told nothing any more.")
    return back()


@require_POST
@members
def push_try(request: HttpRequest, browser: int) -> HttpResponse:
    """Send one of one's browsers a test message, once and now."""
    if trouble := delivering.tried(found(request, browser), at=database_clock.now()):
        messages.error(request, f"The test message was not taken: {trouble}")
    else:
        messages.success(request, "The test message was taken; it is shown in a moment.")
    return back()


def found(request: HttpRequest, browser: int) -> Channel:
    return get_object_or_404(Channel, pk=min(browser, 2**63 - 1), owner=own(request))


def back() -> HttpResponse:
    return HttpResponseRedirect(reverse("account"))
