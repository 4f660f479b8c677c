"""What a person says of a finding of a reconciliation, from the page of its run or from Health."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from console import permits
from console.journal import database_clock
from runs import reconciling, views
from runs.models import EffectFinding
from runs.reading.readers import reader


@require_POST
@permits.asks("runs.view_run", "runs.operate_run")
def finding_close(request: HttpRequest, finding: int) -> HttpResponse:
    """Close the finding with the `reason` that was given."""
    if not EffectFinding.objects.filter(pk=finding).exists():
        raise Http404("no such finding")
    who = reader(request)
    found = reconciling.close(
        finding_id=finding,
        actor=who.user,
        at=database_clock.now(),
        reason=request.POST.get("reason", ""),
    )
    messages.success(request, "Noted: you have looked into it.")
    if found.run is None:
        return HttpResponseRedirect(reverse("health"))
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "runs/_told.html", views.head(views.found(found.run), who))
    return HttpResponseRedirect(reverse("runs:run", args=[found.run]))
