"""The research library: finding and reading sources, noting what they say, handing in a report.

The web search is not to be relied on.
"""

from typing import Annotated, Any

from pydantic import Field

from console.json_value import Json
from runs.demo import conf, idempotency
from runs.demo.latency import takes
from runs.demo.models import Document, Finding, Report
from runs.demo.tools.knowledge import matching
from runs.demo.tools.shapes import LongText, SearchText, ShortText
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect
from runs.tools.registry import tool

PAGE = 6
PART = 1_600
SNIPPET = 160
RUBBISH = 0.08

DocumentId = Annotated[int, Field(description="Document number out of a search", ge=1)]
Number = Annotated[int, Field(ge=1, le=1_000)]


def document_of(number: int) -> Document:
    document = Document.objects.filter(number=number).first()
    if document is None:
        raise ToolError(f"There is no document {number}.")
    return document


@tool(effect=Effect.READ, timeout=10)
@takes(0.4)
def search_documents(query: SearchText, page: Number = 1) -> dict[str, Any]:
    """Search the library; six a page."""
    found = Document.objects.filter(matching(query, "title", "body", "topic")).order_by(
        "-year", "number"
    )
    shown = found[(page - 1) * PAGE : page * PAGE]
    hits = [
        {
            "document": each.number,
            "title": each.title,
            "publisher": each.publisher,
            "year": each.year,
        }
        for each in shown
    ]
    return {"query": query, "page": page, "found": found.count(), "documents": hits}


@tool(effect=Effect.READ, timeout=10)
@takes(0.3)
def read_document(document_id: DocumentId, part: Number = 1) -> dict[str, Any]:
    """One part of a document; long ones have several."""
    document = document_of(document_id)
    parts = max(1, -(-len(document.body) // PART))
    if part > parts:
        raise ToolError(f"There is no part {part}: document {document_id} has {parts} parts.")
    text = document.body[(part - 1) * PART : part * PART]
    return {
        "document": document_id,
        "title": document.title,
        "year": document.year,
        "part": part,
        "of": parts,
        "text": text,
    }


@tool(effect=Effect.READ, timeout=10)
@takes(0.6)
def web_search(query: SearchText) -> dict[str, Any]:
    """Search the web.

    The provider is cheap and it shows: now and then its answer is an error page that says it is
    fine.
    """
    if conf.misbehaves(RUBBISH):
        return {
            "status": "ok",
            "results": "<html><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>",
        }
    found = Document.objects.filter(matching(query, "title", "topic")).order_by("number")[:4]
    return {"status": "ok", "results": [hit(each) for each in found]}


def hit(document: Document) -> dict[str, Any]:
    """A document as a search engine's page shows it, with the words at its end."""
    return {
        "title": document.title,
        "source": document.publisher,
        "document": document.number,
        "snippet": document.body[-SNIPPET:],
    }


@tool(
    effect=Effect.REVERSIBLE,
    idempotent=True,
    undo_idempotent=True,
    timeout=10,
    scope="research:write",
)
@takes(0.2)
def save_finding(
    document_id: DocumentId, claim: LongText, quote: LongText, context: ToolContext
) -> dict[str, Any]:
    """Note a claim with the document it comes from and the words that carry it."""
    return {
        "finding": idempotency.once(
            Finding, context, document=document_of(document_id), claim=claim, quote=quote
        ).pk
    }


@save_finding.lookup
def find_finding(context: ToolContext) -> Json:
    finding = idempotency.found(Finding, context)
    return None if finding is None else {"finding": finding.pk}


@save_finding.undo
def drop_finding(context: ToolContext) -> Json:
    return {"dropped_at": idempotency.undone(Finding, context)}


@tool(
    effect=Effect.REVERSIBLE,
    idempotent=True,
    undo_idempotent=True,
    timeout=15,
    scope="research:write",
)
@takes(0.6)
def save_report(
    title: ShortText, body: LongText, sources: list[DocumentId], context: ToolContext
) -> dict[str, Any]:
    """Hand in a report with the numbers of its sources. It can be withdrawn."""
    return handed_in(idempotency.once(Report, context, title=title, body=body, sources=sources))


def handed_in(report: Report) -> dict[str, Any]:
    return {
        "report": report.pk,
        "title": report.title,
        "sources": len(report.sources),
        "status": "stored",
    }


@save_report.lookup
def find_report(context: ToolContext) -> Json:
    report = idempotency.found(Report, context)
    return None if report is None else handed_in(report)


@save_report.undo
def withdraw(context: ToolContext) -> Json:
    return {"withdrawn_at": idempotency.undone(Report, context)}
