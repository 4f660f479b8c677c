"""The page on which somebody who may change people offboards one of them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from console import figures, permits
from console.journal import database_clock
from console.pages.own import own
from console.people import offboarding
from console.people.offboarding import Leaving, RunsLeft
from console.signing_in import confirming
from policies.current.four_eyes import who_confirms

CHANGES = "auth.change_user"


class OffboardForm(forms.Form):
    """What becomes of the person's runs, and why they leave."""

    runs = forms.ChoiceField(
        choices=[(each.value, offboarding.WORDS[each]) for each in RunsLeft],
        widget=forms.RadioSelect,
        initial=RunsLeft.PAUSE.value,
        error_messages={"required": "Say what becomes of their runs."},
    )
    to = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="nobody")
    note = forms.CharField(
        max_length=400, error_messages={"required": offboarding.UNEXPLAINED}, label="Why"
    )

    def __init__(self, *args: Any, person: User, editor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        takers = [each.pk for each in offboarding.takers(person, editor)]
        to: Any = self.fields["to"]
        to.queryset = User.objects.filter(pk__in=takers)

    def leaving(self) -> Leaving:
        data = self.cleaned_data
        runs = RunsLeft(data["runs"])
        to = data["to"] if runs is RunsLeft.HAND_OVER else None
        return Leaving(self.person, runs, to, data["note"])


@never_cache
@require_http_methods(["GET", "POST"])
@permits.asks(CHANGES, then="as many rights as the person who leaves")
@confirming.confirmed
def offboard(request: HttpRequest, person: int) -> HttpResponse:
    """GET says what will end; POST ends it. Raises Refused for somebody whom the editor cannot
    offboard.
    """
    found, editor = get_object_or_404(User, pk=min(person, 2**31 - 1)), own(request)
    form = OffboardForm(request.POST or None, person=found, editor=editor)
    if request.method == "POST" and form.is_valid():
        left = offboarding.offboard(form.leaving(), editor=editor, at=database_clock.now())
        messages.success(request, said(found, left))
        return HttpResponseRedirect(reverse("admin:auth_user_change", args=[found.pk]))
    context = {
        "form": form,
        "person": found,
        "problem": offboarding.problem(found, editor),
        "live": len(offboarding.runs_of(found)),
        "stranded": who_confirms.stranded(found),
    }
    return render(request, "people/offboard.html", context, status=422 if form.is_bound else 200)


def said(person: User, left: offboarding.Left) -> str:
    ended = figures.plural(left.sessions, "session")
    runs = figures.plural(left.runs, "run")
    failed = f" {len(left.left_out)} could not be stopped: see the log." if left.left_out else ""
    return f"{person} is switched off: {ended} ended, {runs} seen to.{failed}"
