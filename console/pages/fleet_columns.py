"""Which columns the fleet has: chosen on a page, and kept by the browser."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from console import permits

COOKIE = "fleet_columns"
LASTS = 365 * 24 * 3600
BETWEEN = "-"


@dataclass(frozen=True, slots=True)
class FleetColumn:
    """`name` is that of its cells; `about` says what stands in them."""

    name: str
    heading: str
    about: str
    figures: bool = False
    shipped: bool = True


COLUMNS = (
    FleetColumn("step", "Step", "how many steps it has made, and how many are left", figures=True),
    FleetColumn("now", "Now", "what it does, what it waits for, why it ended"),
    FleetColumn("cost", "Cost", "what it has spent of its limit"),
    FleetColumn("tokens", "Tokens", "what it has read and written of its limit", figures=True),
    FleetColumn("age", "Elapsed", "from its start to now, or to its end", figures=True),
    FleetColumn("started", "Started", "when it began", shipped=False),
    FleetColumn("ended", "Ended", "when it was over", shipped=False),
)
SHIPPED = tuple(column.name for column in COLUMNS if column.shipped)


def chosen(request: HttpRequest) -> Sequence[FleetColumn]:
    """The columns beside status and goal, which are always there. Names that are none are nothing,
    so that an old choice outlives a column.
    """
    said = request.COOKIES.get(COOKIE)
    names = SHIPPED if said is None else said.split(BETWEEN)
    return [column for column in COLUMNS if column.name in names]


class ColumnsForm(forms.Form):
    columns = forms.MultipleChoiceField(
        choices=[(column.name, column.heading) for column in COLUMNS],
        required=False,
        error_messages={"invalid_choice": "There is no column %(value)s."},
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permits.asks("runs.view_run")
def fleet_columns(request: HttpRequest) -> HttpResponse:
    """GET asks which columns; POST keeps the answer in the browser and leads to the fleet."""
    form = ColumnsForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        context = {"form": form, "columns": COLUMNS, "ticked": chosen(request)}
        return render(request, "fleet/columns.html", context, status=422 if form.is_bound else 200)
    answer = HttpResponseRedirect(reverse("fleet"))
    answer.set_cookie(
        COOKIE,
        BETWEEN.join(form.cleaned_data["columns"]),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer
