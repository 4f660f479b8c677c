"""What may stand at the caret of the query box: values that exist, with counts inside the rest of
the query, and the fields that may come next.
"""

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from console import permits
from console.pages import query_box
from runs.language import completing, grammar
from runs.language.completing import QueryChoice
from runs.language.mistakes import Mistake
from runs.language.query_fields import FIELDS, OF_REQUESTS
from runs.reading import fleet
from runs.search import known_values, runs_asked, statement_limit
from runs.search.asker import Asker, asker_of
from runs.search.fleet_address import LONGEST
from runs.search.statement_limit import TooSlow

PLACES = {"fleet": FIELDS, "audit": FIELDS, "approvals": OF_REQUESTS}
"""The fields of each box."""
COUNTED = frozenset({"status", "reason", "agent", "principal"})
"""Fields whose values are counted: what a run's row says."""
PATIENCE = 0.4


@never_cache
@permits.reads("runs.view_run")
def complete(request: HttpRequest, box: str) -> HttpResponse:
    """Lines to choose from, for the text `q` with the caret at `at`."""
    if box not in PLACES:
        raise Http404("there is no such box")
    text, asker, fields = request.GET.get("q", "")[:LONGEST], asker_of(request), PLACES[box]
    caret = request.GET.get("at", "")
    at = completing.place(
        text, int(caret) if caret.isdecimal() and len(caret) < 6 else len(text), fields
    )
    known = known_values.known(fields[at.field], asker) if at.field else []
    values = completing.values(text, at, known)
    if box == "fleet" and at.field in COUNTED:
        values = [counted(choice, asker) for choice in values]
    context = {"of": at.field, "values": values, "fields": completing.fields(text, at, fields)}
    return render(request, "search/_completion.html", context)


def counted(choice: QueryChoice, asker: Asker) -> QueryChoice:
    """The choice with how many runs it would leave; without a figure where that takes long."""
    try:
        query = grammar.parse(choice.text)
        if choice.ticked or not runs_asked.is_light(query):
            return choice
        with statement_limit.within(PATIENCE):
            [found] = fleet.counted([[runs_asked.matching(query, asker)]])
    except (Mistake, TooSlow):
        return choice
    return replace(choice, count=query_box.number(found, fleet.MOST_COUNTED))
