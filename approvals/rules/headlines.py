"""What will happen, in words: the headline of a request made from its tool and arguments.

Pure text; nothing here is markup.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from approvals.rules import amounts
from approvals.rules.request_vocabulary import UNDO, RequestKind
from console import figures

SHORT = 60
TARGETS = (
    *("recipient", "recipients", "to", "email", "emails", "customer"),
    *("url", "host", "channel", "account"),
)
HIDDEN = ("bcc", "blind_copy", "bcc_recipients")
SILENT_VERBS = {"issue", "make", "do"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a headline; what must be looked at twice is strong."""

    words: str
    strong: bool = False


def headline(
    kind: RequestKind, tool: str, args: Mapping[str, Any], call: str = ""
) -> tuple[Piece, ...]:
    """`Refund 150.00 for order 1042 to anna@example.com`, or the question for what is no call."""
    match kind:
        case RequestKind.CALL:
            return (Piece(effect(tool)), *subject(args))
        case RequestKind.IN_DOUBT if call.startswith(UNDO):
            return (Piece("Was "), Piece(effect(tool).lower(), strong=True), Piece(" undone?"))
        case RequestKind.IN_DOUBT:
            return (
                Piece("Did "),
                Piece(effect(tool).lower(), strong=True),
                *subject(args),
                Piece(" happen?"),
            )
        case RequestKind.BUDGET:
            return (Piece("A budget is used up. "), Piece("Continue?", strong=True))
        case RequestKind.LOOP:
            return (Piece("It makes no progress. "), Piece("Continue?", strong=True))
        case RequestKind.ACCEPTANCE:
            return (
                Piece("Its answer does not meet what was agreed. "),
                Piece("Accept it anyway?", strong=True),
            )
        case RequestKind.UNDO:
            return (Piece("The run has ended. "), Piece("Undo what it did?", strong=True))
    assert_never(kind)


def said(kind: RequestKind, tool: str, args: Mapping[str, Any], call: str = "") -> str:
    """The headline as plain text."""
    return "".join(piece.words for piece in headline(kind, tool, args, call))


def brief(tool: str, args: Mapping[str, Any]) -> str:
    """`Refund 12.50 for order 1143`: what a person is about to do, short enough for a button."""
    return figures.line(said(RequestKind.CALL, tool, args), SHORT)


def line(
    kind: RequestKind, tool: str, args: Mapping[str, Any], sentence: str = "", call: str = ""
) -> str:
    """The second line of a row in the queue."""
    match kind:
        case RequestKind.CALL:
            words = " ".join(piece.words.strip() for piece in subject(args))
            return figures.line(words or "no arguments", SHORT)
        case RequestKind.IN_DOUBT:
            asked = "was it undone?" if call.startswith(UNDO) else "did it happen?"
            words = " ".join((asked, *(piece.words.strip() for piece in subject(args))))
            return figures.line(words, SHORT)
        case _:
            return figures.line(sentence or "stands still", SHORT)


def effect(tool: str) -> str:
    """The tool's name as the beginning of a sentence: `issue_refund` is a refund, `send_email`
    sends one.
    """
    parts = [part for part in re.split(r"[_.\-\s]+", tool) if part] or ["call"]
    if len(parts) > 1 and parts[0] in SILENT_VERBS:
        parts = parts[1:]
    text = " ".join(parts)
    return text[:1].upper() + text[1:]


def subject(args: Mapping[str, Any]) -> tuple[Piece, ...]:
    """What it is about, the most telling first: the amount, the thing with an id, the receiver."""
    found: list[Piece] = []
    if money := next(amounts.found(args), None):
        found += [Piece(" "), Piece(str(money), strong=True)]
    for name, value in args.items():
        if name.endswith("_id") and scalar(value):
            found += [
                Piece(f" for {thing(name)} "),
                Piece(figures.line(str(value), 24), strong=True),
            ]
            break
    if receivers := amounts.receivers(args, TARGETS, HIDDEN):
        found += [Piece(" to "), Piece(receivers, strong=True)]
    return tuple(found) if found else others(args)


def thing(name: str) -> str:
    """The thing that the id is of: `order_id` is an order. A name that is more than a word is
    quoted whole.
    """
    word = figures.named(name, 24)
    return word if word.startswith("“") else word.removesuffix("_id").replace("_", " ")


def others(args: Mapping[str, Any]) -> tuple[Piece, ...]:
    """The first short values as they are, for arguments whose names say little."""
    shown = [
        f"{figures.named(name, 24)} {figures.line(str(value), 24)}"
        for name, value in args.items()
        if scalar(value)
    ][:3]
    return (Piece(f" with {', '.join(shown)}"),) if shown else ()


def in_line(args: Mapping[str, Any]) -> str:
    """All short values in their order: `order 1042 · $180.00 · anna@example.com`."""
    named = amounts.currency(args)
    return " · ".join(
        short(name, value, named) for name, value in args.items() if scalar(value)
    ) or figures.plural(len(args), "argument")


def short(name: str, value: Any, named: str) -> str:
    words = amounts.words_of(name)
    if amounts.is_money(words) and (money := amounts.read(value, words, named)):
        return str(money)
    text = figures.line(str(value), 32)
    return f"{thing(name)} {text}" if name.endswith("_id") else text


def scalar(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""
