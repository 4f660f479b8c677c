"""The pages under `/docs/`: the console's own documentation, for whoever is signed in."""

from functools import cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console import permits
from console.docs import contents, markdown
from console.docs.contents import DocsPage
from console.docs.markdown import Rendered

WHY = "it tells how the console works, and nothing of what is in it"


@require_safe
@permits.open_to_members(WHY)
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "docs/docs.html", {"pages": contents.PAGES})


@require_safe
@permits.open_to_members(WHY)
def docs_page(request: HttpRequest, slug: str) -> HttpResponse:
    page = contents.find(slug)
    if page is None:
        raise Http404
    facts = {"pages": contents.PAGES, "page": page, "rendered": written(page)}
    return render(request, "docs/page.html", facts)


@cache
def written(page: DocsPage) -> Rendered:
    """The rendered page, kept for the life of the process: neither its text nor the code changes
    meanwhile.
    """
    return markdown.rendered(page.text())
