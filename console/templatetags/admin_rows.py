"""Rows of the admin's lists, whose cells say what they are: on a phone no heads stand over them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
HEADED = ("<td", "<th")


@register.filter
def named(row: Sequence[str], heads: Sequence[Mapping[str, Any]]) -> list[SafeString]:
    """The cells of a row as Django wrote them, each with the words that stand over it."""
    return [cell_named(str(cell), head) for cell, head in zip(row, heads, strict=False)]


def cell_named(cell: str, head: Mapping[str, Any]) -> SafeString:
    words = str(head["text"])
    if "<input" in words or not cell.startswith(HEADED):
        return SafeString(cell)
    return SafeString(cell[:3] + format_html(' data-head="{}"', words) + cell[3:])
