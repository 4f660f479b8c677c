"""The system check of teams' own tools: `manage.py check` names each that is left out."""

from collections.abc import Iterable
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage

from runs.tools import registry

BROKEN = "signalbox.W001"


def left_out(**_given: Any) -> list[CheckMessage]:
    """A warning for each tool that is left out; an error would keep every other command from
    working.
    """
    return list(warnings())


def warnings() -> Iterable[CheckMessage]:
    for each in registry.broken():
        yield checks.Warning(
            each.sentence,
            hint=f"Mend it at {each.file}:{each.line}; all other tools work.",
            id=BROKEN,
        )
