"""How a tool process ended, in words for whoever reads the call's error. Pure."""

import signal
from dataclasses import dataclass

from runs.engine.vocabulary import LossBlame


@dataclass(frozen=True, slots=True)
class ProcessEnding:
    """`what` happened, as the end of a sentence that begins with "its tool process"; `words` are
    its last lines on stderr.

    `suspects` are the tools whose calls may have brought it about: one when it is known. `culprits`
    are those calls by their numbers in the process.
    """

    what: str
    words: str = ""
    suspects: tuple[str, ...] = ()
    culprits: frozenset[int] = frozenset()

    def blame(self, call: int) -> LossBlame:
        """Whose fault it is that this call was lost with the process."""
        if call not in self.culprits:
            return LossBlame.OTHERS
        return LossBlame.OWN if len(self.culprits) == 1 else LossBlame.SHARED

    def of(self, tool: str, *, begun: bool) -> str:
        """The error of a call of `tool` that was in the process."""
        said = f"Its tool process {self.what}"
        if self.suspects and tool not in self.suspects:
            said += f", in a call of {' or '.join(self.suspects)}"
        said += "; the call had not begun." if not begun else "."
        return f"{said} Last words: {self.words}" if self.words else said


def exited(status: int) -> str:
    """The words for a wait status."""
    if status >= 0 and (number := status & 0x7F):
        return f"ended: {name(number)}"
    return f"ended: exit code {status >> 8}"


def name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def silent(after: float, *, stopped: bool) -> str:
    """The words for a process that did not attend to its messages when a call was to end."""
    return (
        f"was killed after {after:.3g} s: it"
        f" {'stood still, stopped' if stopped else 'held the interpreter'}"
    )


def deaf(after: float) -> str:
    """The words for a call that did not end when it was told to."""
    return f"was killed after {after:.3g} s: the call did not end when it was told to"


def large(limit_mb: int) -> str:
    return f"was killed: over {limit_mb:,} MB"
