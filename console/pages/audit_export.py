"""The result of a search as a file: CSV for a spreadsheet or JSON, with what this reader may see.

Each export is itself an event, so it needs a button: no prefetch or preview of an address makes
one.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from console.journal import acting, database_clock
from console.journal.append import note
from console.journal.canonical_json import canonical
from console.journal.models import Event
from console.journal.records import JournalRecord, Stored
from console.journal.selectors import JournalPage
from console.outside import visible
from console.pages import query_box
from console.pages.audit import asked, may_search
from runs.search.asker import asker_of
from runs.search.audit_address import AuditAddress

MOST = 5_000
OF_ROW = ("id", "run", "seq")
OF_CHAIN = ("digest", "link")
"""What `manage.py journal check-export` holds a row against: the digest of its content, and the
link that chains it to the row before it.
"""
TOKENS = ("tokens_in", "tokens_out")
FACTS = tuple(field.name for field in fields(JournalRecord) if field.name != "beside")
FORMULA = tuple("=+-@\t\r＝＋－＠")
"""With what a formula begins; where spreadsheets are set for Chinese or Japanese, also in the width
of those scripts.
"""
COLUMNS = (*OF_ROW, *FACTS, *OF_CHAIN)


@never_cache
@require_POST
@may_search
def audit_export(request: HttpRequest, form: str) -> HttpResponse:
    """The newest `MOST` events of a query; the answer says how many of those are hidden and from
    where to go on.
    """
    if form not in FORMS:
        raise Http404(f"there is no export as {form}")
    address, asker = AuditAddress.read(request.GET.dict()), asker_of(request)
    box = query_box.box(address.text, "audit")
    answer = query_box.answered(box, lambda: asked(box, address, asker, limit=MOST))
    if answer is None:
        return HttpResponseBadRequest("This query cannot be run.", content_type="text/plain")
    page = answer.page
    facts = {"search": box.canonical, "events": len(page.events), "hidden": page.hidden}
    facts["form"] = form
    note(kind="audit.exported", actor=acting.of(request.user), at=database_clock.now(), data=facts)
    response = FORMS[form](page)
    response["Content-Disposition"] = f'attachment; filename="audit.{form}"'
    return response


def rows(page: JournalPage) -> Iterator[dict[str, Any]]:
    """The events of a search; one whose run was retired since the search found it is left out."""
    chained = chain_of([event.id for event in page.events])
    for event in page.events:
        if event.id in chained:
            yield row(event, chained[event.id])


def row(event: Stored, chained: tuple[bytes, bytes]) -> dict[str, Any]:
    """One event as a file has it."""
    proved = zip(OF_CHAIN, (bytes(each).hex() for each in chained), strict=True)
    return {name: value(event, name) for name in COLUMNS if name not in OF_CHAIN} | dict(proved)


def chain_of(ids: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
    """Digest and link of each of these events."""
    found = Event.objects.filter(pk__in=ids).values_list("pk", *OF_CHAIN)
    return {number: (digest, link) for number, digest, link in found}


def value(event: Stored, name: str) -> Any:
    """A field of an event; nothing where it has none, as an event without a model has no tokens."""
    if name in TOKENS and not any(getattr(event.record, each) for each in TOKENS):
        return None
    found = getattr(event if name in OF_ROW else event.record, name)
    if name == "at":
        return found.isoformat()
    return found if found is None or isinstance(found, int | float | dict) else str(found)


def as_json(page: JournalPage) -> HttpResponse:
    whole = {
        "events": list(rows(page)),
        "hidden": page.hidden,
        "next_before": page.last if page.earlier else None,
    }
    return HttpResponse(json.dumps(whole), content_type="application/json")


def as_csv(page: JournalPage) -> HttpResponse:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([cell(each) for each in row.values()] for row in rows(page))
    if page.hidden or page.earlier:
        rest = f", more before event {page.last}" if page.earlier else ""
        writer.writerow([f"({page.hidden} hidden events are not in this file{rest})"])
    return HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")


def cell(value: Any) -> Any:
    """The value on one line, with hidden characters written out; what a spreadsheet would run as a
    formula begins with an apostrophe.
    """
    text = canonical(value) if isinstance(value, dict) else value
    text = visible.told(text) if isinstance(text, str) else text
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA) else text


FORMS = {"csv": as_csv, "json": as_json}
