"""A meter as HTML: how much of a limit is spent, how much is held for the call in flight. A page of
the fleet has fifty of them, so they are put together here and not by a template.
"""

from html import escape

from django import template
from django.utils.safestring import SafeString

from console.templatetags import pieces
from runs.reading.meters import Meter

register = template.Library()
NONE_HELD = "0.0"


@register.simple_tag
def meter(shown: Meter, *, labelled: bool = False, brief: bool = False) -> SafeString:
    """`labelled` with its name, its warning and, unless it is to be `brief`, its note."""
    label, said, level = escape(shown.label), escape(shown.said), shown.level
    named = f'<span class="label">{label}</span>' if labelled else ""
    return SafeString(
        f'<div class="meter-box" title="{said}">{named}'
        f'<svg class="meter {level}" role="img" aria-label="{label}: {said}">'
        f'<rect class="spent" width="{shown.spent}%" height="5" rx="2"/>{held(shown)}</svg>'
        f'<span class="figures">{pieces.ticking("clock", shown.tick, shown.figure)}'
        f" <small>/ {escape(shown.limit)}</small></span>"
        f"{below(shown, brief=brief) if labelled else ''}</div>"
    )


def held(shown: Meter) -> str:
    if shown.reserved == NONE_HELD:
        return ""
    hatch = f"hatch-{shown.level}" if shown.level else "hatch"
    return f'<rect x="{shown.spent}%" width="{shown.reserved}%" height="5" fill="url(#{hatch})"/>'


def below(shown: Meter, *, brief: bool) -> str:
    warning = (
        f'<small class="meter-warning {shown.level}">{pieces.icon("triangle-alert")}'
        f" {escape(shown.warning)}</small>"
        if shown.warning
        else ""
    )
    note = f"<small>{escape(shown.note)}</small>" if shown.note and not brief else ""
    return f"{warning}{note}"
