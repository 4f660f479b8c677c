"""Markdown as HTML: no raw HTML, nothing inline, headings with anchors, tables that scroll.

The library is markdown-it-py, which follows CommonMark; GitHub shows the same files alike.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

ANCHOR = re.compile(r"[^a-z0-9]+")
OTHER_PAGE = re.compile(r"(?:\./)?([a-z-]+)\.md(#.*)?")
LISTED = ("h2", "h3")


@dataclass(frozen=True, slots=True)
class Heading:
    """One line of a page's contents list."""

    anchor: str
    text: str
    deep: bool


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page as HTML, without its own title, and its headings."""

    title: str
    html: SafeString
    headings: tuple[Heading, ...]


def parser() -> MarkdownIt:
    found = MarkdownIt("commonmark", {"html": False}).enable("table")
    found.add_render_rule("table_open", lambda *_: '<div class="doc-table"><table>\n')
    found.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return found


PARSER = parser()


def rendered(text: str) -> Rendered:
    tokens = PARSER.parse(text)
    title, body = split(tokens)
    headings = tuple(anchored(body))
    for token in every(body):
        plain(token)
    html = PARSER.renderer.render(body, PARSER.options, {})
    return Rendered(title, SafeString(html), headings)


def split(tokens: Sequence[Token]) -> tuple[str, list[Token]]:
    """The first heading stands at the top of the frame already."""
    if tokens and tokens[0].tag == "h1":
        return tokens[1].content, list(tokens[3:])
    return "", list(tokens)


def anchored(tokens: Sequence[Token]) -> Iterator[Heading]:
    """Give each heading its id; two with the same words are told apart by a number."""
    taken: set[str] = set()
    for token, inline in itertools.pairwise(tokens):
        if token.type != "heading_open":
            continue
        text = words(inline)
        anchor = free(ANCHOR.sub("-", text.lower()).strip("-"), taken)
        token.attrSet("id", anchor)
        if token.tag in LISTED:
            yield Heading(anchor, text, token.tag != LISTED[0])


def words(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())


def free(anchor: str, taken: set[str]) -> str:
    number, found = 1, anchor
    while found in taken:
        number += 1
        found = f"{anchor}-{number}"
    taken.add(found)
    return found


def every(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def plain(token: Token) -> None:
    """Remove styles, which the page's policy forbids, and turn links between files into links
    between pages.
    """
    token.attrs.pop("style", None)
    other = OTHER_PAGE.fullmatch(str(token.attrs.get("href", "")))
    if other:
        token.attrs["href"] = f"/docs/{other[1]}/{other[2] or ''}"
