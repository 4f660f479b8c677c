"""The page on which somebody who may change people sees how one of them is signed in, ends that,
and makes a one-time link for them.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from console import figures, permits
from console.journal import acting, append, database_clock
from console.pages import signin
from console.pages.offboard_page import CHANGES
from console.pages.own import own
from console.people import rights
from console.refused import Refused
from console.signing_in import confirming, invitation_mail, sessions

INVITED = timedelta(days=1)
LINK, MAIL, END = "link", "mail", "end"


@dataclass(frozen=True, slots=True)
class InvitationLink:
    """A link as it is shown once, and when it is over. It is kept nowhere: of its secret there is a
    digest only. `mailed`: the address it was sent to, `failed`: why it could not be.
    """

    address: str
    until: datetime
    mailed: str = ""
    failed: str = ""


@never_cache
@require_http_methods(["GET", "POST"])
@permits.asks(CHANGES, then="as many rights as the person")
@confirming.confirmed
def person_access(request: HttpRequest, person: int) -> HttpResponse:
    """POST makes a link, which only this answer shows and which may be sent by e-mail besides, or
    ends all sessions of the person. Raises Refused for somebody whom the editor cannot let in.
    """
    found, editor = get_object_or_404(User, pk=min(person, 2**31 - 1)), own(request)
    made: InvitationLink | None = None
    if request.method == "POST":
        if no := problem(found, editor):
            raise Refused(no)
        if request.POST.get("act") == END:
            return ended(request, found)
        made = invited(request, found)
    return render(request, "people/access.html", shown(found, editor, made))


def problem(person: User, editor: User) -> str:
    """Why this editor cannot let that person in; empty when they can."""
    if person.pk == editor.pk:
        return "Your own sessions are on the page of your account."
    if not person.is_active:
        return f"{person} is switched off, and no link lets them in."
    if rights.may_more(person, editor):
        return f"{person} holds rights that you do not: whoever has their link may use them."
    return ""


def invited(request: HttpRequest, person: User) -> InvitationLink:
    at = database_clock.now()
    path, until = signin.issue(person, at, INVITED), at + INVITED
    mails = request.POST.get("act") == MAIL and invitation_mail.possible(person)
    data = {"user": person.get_username(), "id": person.pk} | ({"mailed": True} if mails else {})
    append.note(kind="user.invited", actor=acting.of(request.user), at=at, data=data)
    shown = InvitationLink(request.build_absolute_uri(path), until)
    if not mails:
        return shown
    failed = invitation_mail.send(person, editor=own(request), path=path, until=until)
    return replace(shown, mailed=person.email, failed=failed)


def ended(request: HttpRequest, person: User) -> HttpResponse:
    told = sessions.end_all(person, actor=acting.of(request.user), at=database_clock.now())
    messages.success(request, f"{figures.plural(told, 'session')} of {person} ended.")
    return HttpResponseRedirect(reverse("person_access", args=[person.pk]))


def shown(person: User, editor: User, made: InvitationLink | None) -> dict[str, Any]:
    return {
        "person": person,
        "problem": problem(person, editor),
        "sessions": sessions.listed(person, None),
        "made": made,
        "mails": invitation_mail.possible(person),
    }
