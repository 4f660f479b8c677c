"""The one search box: the id of a run, or its beginning, leads to the run; words of a goal to those runs; the rest to the journal."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from runs.reading import fleet


@permission_required("runs.view_run", raise_exception=True)
def find(request: HttpRequest) -> HttpResponseRedirect:
    text = request.GET.get("q", "").replace("\0", "").strip()
    if run := fleet.only_one(text):
        return HttpResponseRedirect(reverse("runs:run", args=[run]))
    if request.user.has_perm("journal.search_audit") and not fleet.asked_in(text):
        return HttpResponseRedirect(f"{reverse('audit')}?{urlencode({'q': text})}")
    return HttpResponseRedirect(f"{reverse('fleet')}?{urlencode({'q': text})}")
