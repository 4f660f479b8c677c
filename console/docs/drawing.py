"""The transition table as Markdown and as lines of text."""

from collections.abc import Iterator

from console.docs import writing
from runs.engine import events as e
from runs.engine.moves import MOVES, arrows
from runs.engine.vocabulary import FINAL, RunStatus

HEAD = "───▶"


def transitions() -> str:
    """Every status with the arrows that lead out of it, and the events that make them."""
    return "\n".join(
        ["```text", *(line for status in RunStatus for line in leaving(status)), "```"]
    )


def leaving(status: RunStatus) -> Iterator[str]:
    yield f"{status}{' (final)' if status in FINAL else ''}"
    out = [(new, kinds) for (old, new), kinds in arrows().items() if old is status]
    for place, (new, kinds) in enumerate(out, 1):
        branch = "└" if place == len(out) else "├"
        yield f"  {branch}{HEAD} {new:<13} {', '.join(kinds)}"


def moved_by(kind: type[e.RunEvent]) -> str:
    """The pairs of statuses between which an event moves a run."""
    pairs = [(old, new) for (old, each), new in MOVES.items() if each is kind]
    moved = [f"`{old}` → `{new}`" for old, new in pairs if old is not new]
    kept = writing.listed(old.value for old, new in pairs if old is new)
    return "; ".join(filter(None, (", ".join(moved), kept and f"stays {kept}")))
