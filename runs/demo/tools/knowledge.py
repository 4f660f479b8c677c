"""The house's own knowledge: articles and policies.

The policy server is old and sometimes answers with an empty page and a 200.
"""

from functools import reduce
from operator import or_
from typing import Annotated, Any

from django.db.models import Q
from pydantic import Field

from console.json_value import Json
from runs.demo import conf
from runs.demo.latency import takes
from runs.demo.models import Article
from runs.demo.tools.shapes import SearchText
from runs.engine.engine_errors import ToolError
from runs.engine.vocabulary import Effect
from runs.tools.registry import tool

EMPTY_PAGE = 0.15
SNIPPET = 160


def matching(query: str, *fields: str) -> Q:
    """A filter for rows that have any word of the query in any of the fields."""
    words = [word for word in query.split() if len(word) > 2] or [query]
    return reduce(
        or_, (Q(**{f"{field}__icontains": word}) for word in words[:8] for field in fields)
    )


@tool(effect=Effect.READ, timeout=10)
@takes(0.6)
def search_kb(query: SearchText, limit: int = 4) -> list[dict[str, Any]]:
    """Search the shop's knowledge base: returns, parcels, warranties, opening hours."""
    articles = Article.objects.filter(matching(query, "title", "body")).order_by("slug")[
        : max(1, min(limit, 10))
    ]
    return [
        {"slug": article.slug, "title": article.title, "snippet": article.body[:SNIPPET]}
        for article in articles
    ]


@tool(effect=Effect.READ, timeout=10)
@takes(0.3)
def read_article(slug: Annotated[str, Field(max_length=50)]) -> dict[str, Any]:
    """One article of the knowledge base, whole."""
    article = Article.objects.filter(slug=slug).first()
    if article is None:
        raise ToolError(f"There is no article {slug}.")
    return {"slug": article.slug, "title": article.title, "body": article.body}


@tool(effect=Effect.READ, timeout=10)
@takes(0.5)
def get_policy(topic: SearchText) -> dict[str, Any]:
    """The house's rule on a topic: refunds, damage, shipping, gifts, warranty."""
    if conf.misbehaves(EMPTY_PAGE):
        return {"status": 200, "topic": topic, "body": ""}
    article = (
        Article.objects.filter(matching(topic, "slug", "title"), policy=True)
        .order_by("slug")
        .first()
    )
    if article is None:
        raise ToolError(f"There is no policy on {topic}.")
    return {"status": 200, "topic": topic, "title": article.title, "body": article.body}


@get_policy.check
def says_something(result: Json) -> bool:
    return bool(result.get("body"))
