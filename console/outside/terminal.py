"""The base of commands that print what a model or a tool said, so that none of it commands the
terminal.
"""

from typing import Any, TextIO

from django.core.management.base import BaseCommand, OutputWrapper

from console.outside import visible


class Visible(OutputWrapper):
    """A stream that writes hidden characters out before anything is coloured."""

    def __init__(self, inner: OutputWrapper | TextIO) -> None:
        # it wraps any stream, another wrapper too
        super().__init__(inner)  # type: ignore[arg-type]

    def write(  # type: ignore[override]
        self, msg: str = "", style_func: Any = None, ending: str | None = None
    ) -> None:
        super().write(visible.seen(str(msg)), style_func, ending)


class TerminalCommand(BaseCommand):
    """The base of the house's commands: anything may be written to `self.stdout` and
    `self.stderr`.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        safe = (
            name in {"stdout", "stderr"}
            and isinstance(value, OutputWrapper)
            and not isinstance(value, Visible)
        )
        super().__setattr__(name, Visible(value) if safe else value)
