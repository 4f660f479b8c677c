"""The banner of halt levers that stands on every page."""

from typing import Any

from django import template

from console.pages.halt_pages import banner

register = template.Library()


@register.inclusion_tag("policies/_halts.html", takes_context=True)
def halts(context: dict[str, Any]) -> dict[str, Any]:
    """The pulled levers for this reader. One query."""
    return banner(context["request"])
