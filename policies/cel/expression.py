"""An expression in CEL, compiled once and evaluated often.

Wraps the library so that nothing it does can surprise: no panic, no endless loop. An answer is true
or false; everything else is `Unanswerable`, with a reason that a person understands.
"""

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Any

from policies.cel import cel_source
from policies.cel.cel_source import BadExpression, Vocabulary
from policies.cel.functions import number

CelFunction = Callable[..., Any]
MOST_TURNS = 50_000  # of macros over lists, about 1 µs each
MOST_COPIED = 2_000  # entries that map and filter may build: each turn copies what there is so far
MOST_LOOKED_AT = 500_000_000  # characters of all turns together, about 1 ns each
NOTHING: Mapping[str, str] = MappingProxyType({})
TIMESTAMP = {"timestamp": "moment"}  # the library's own refuses a time without a zone
PLACE = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")
SCALARS = frozenset({str, int, float, bool, type(None)})
NUMBERS = "numbers"  # by their paths, of arguments that may be written as text
NO_OVERLOAD = "it compares or combines values of different kinds"


class Unanswerable(Exception):
    """The expression has no answer for these facts; the text says why, without a full stop."""


class NoAnswer(Unanswerable):
    """It gives a value, and one that is neither true nor false."""


@dataclass(frozen=True, slots=True)
class Expression:
    """`variables` and `functions` are the names it uses; `macros` counts its loops over lists;
    `paths` what it reads of `args`, `reads` what it reads of all variables, `compared` what it
    compares with numbers.

    `strict` is the expression as it is written, `tolerant` the same for numbers and times written
    as text, which is slower: it is asked only when the strict one has no answer. `numeric` is the
    strict one with numbers in the place of arguments that are `compared`. Where these are written
    as text it is asked first: what the strict one could answer, it answers in the same way.
    """

    source: str
    strict: Any
    tolerant: Any
    numeric: Any
    variables: frozenset[str]
    functions: frozenset[str]
    macros: int
    paths: tuple[str, ...]
    reads: frozenset[str]
    compared: tuple[str, ...]
    copies: bool = False

    def holds(self, context: "ExpressionContext") -> bool:
        """True or false; raises Unanswerable."""
        self._bounded(context)
        answer = self._answer(context)
        if context.complaints:
            raise Unanswerable(context.first_complaint())
        if answer is True or answer is False:
            return bool(answer)
        said = f"it gives {_kind(answer)}, not true or false"
        raise Unanswerable(said) if answer is None else NoAnswer(said)

    def _answer(self, context: "ExpressionContext") -> Any:
        try:
            if self.compared and context.numbers_in_text(self.compared):
                return self.numeric.execute(context.facts)
            return self.strict.execute(context.facts)
        except (TypeError, RuntimeError):
            return self._tolerant(context)
        except BaseException as wrong:
            raise self._reason(wrong, context) from wrong

    def _bounded(self, context: "ExpressionContext") -> None:
        """Refuse, before it begins, an evaluation that would take too long: too many turns, too
        much copied in each, too much text for a function to look at.
        """
        if not self.macros:
            return
        turns = context.width() ** self.macros
        if turns > context.turns or (self.copies and context.width() > MOST_COPIED):
            raise Unanswerable(f"lists of {context.width()} entries are too long to go through")
        if self.functions and turns * context.longest_text() > MOST_LOOKED_AT:
            raise Unanswerable(
                f"lists of {context.width()} entries beside {context.longest_text()} characters are"
                " too much to go through"
            )

    def _tolerant(self, context: "ExpressionContext") -> Any:
        context.complaints.clear()
        try:
            return self.tolerant.execute(context.facts)
        except BaseException as wrong:
            raise self._reason(wrong, context) from wrong

    def _reason(self, wrong: BaseException, context: "ExpressionContext") -> Exception:
        """What the library raised, in words. An exception that is none of its business, such as an
        interrupt, is returned as it is.
        """
        if not isinstance(wrong, Exception) and not is_panic(wrong):
            raise wrong
        if context.complaints:
            return Unanswerable(context.first_complaint())
        if is_panic(wrong):
            return Unanswerable("the expression broke its evaluator")
        if isinstance(wrong, KeyError):
            return Unanswerable(f"{self._path(str(wrong.args[0]))} is not there")
        return Unanswerable(NO_OVERLOAD if isinstance(wrong, TypeError) else _short(wrong))

    def _path(self, field: str) -> str:
        return next((path for path in self.paths if path.endswith(f".{field}")), field[:80])


class ExpressionContext:
    """The facts of one case, converted to CEL's values once for all expressions that are evaluated
    on it.
    """

    def __init__(
        self,
        variables: Mapping[str, Any],
        functions: Mapping[str, CelFunction],
        complaints: list[str],
        turns: int = MOST_TURNS,
    ) -> None:
        """Raises Unanswerable for values CEL does not have.

        `complaints` is where functions say what is wrong: they must not raise.
        """
        self._variables, self.complaints, self.turns = variables, complaints, turns
        self._in_text: dict[tuple[str, ...], bool] = {}
        self._numbers: dict[str, int | float] = {}
        self._width: int | None = None
        self._longest_text: int | None = None
        try:
            self.facts = _library().Context(dict(variables), dict(functions))
        except (ValueError, TypeError, OverflowError) as wrong:
            raise Unanswerable(
                "a value is not text, number, list or object as JSON has them"
            ) from wrong

    def first_complaint(self) -> str:
        """The first complaint, which is forgotten with all others, so that the next expression
        starts afresh.
        """
        first = self.complaints[0]
        self.complaints.clear()
        return first

    def width(self) -> int:
        """Entries of the longest list or object in all variables."""
        if self._width is None:
            self._width = max(map(_longest, self._variables.values()), default=0)
        return self._width

    def numbers_in_text(self, paths: tuple[str, ...]) -> bool:
        """Whether all of these arguments are numbers and some of them written as text. Expressions
        then find them as numbers.
        """
        found = self._in_text.get(paths)
        if found is None:
            found = self._in_text[paths] = self._with_numbers(paths)
        return found

    def _with_numbers(self, paths: tuple[str, ...]) -> bool:
        values = {path: _at(path, self._variables) for path in paths}
        complaints: list[str] = []
        numbers = {path: number(value, complaints) for path, value in values.items()}
        if complaints or not any(isinstance(value, str) for value in values.values()):
            return False
        self._numbers |= {path: each for path, each in numbers.items() if each is not None}
        self.facts.add_variable(NUMBERS, self._numbers)
        return True

    def longest_text(self) -> int:
        """Characters of the longest text in all variables."""
        if self._longest_text is None:
            self._longest_text = max(map(_longest_text, self._variables.values()), default=0)
        return self._longest_text


def _at(path: str, variables: Mapping[str, Any]) -> Any:
    """What a plain path like `args.a.b` leads to; None when it leads nowhere."""
    value: Any = variables
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _longest_text(value: Any) -> int:
    """Characters of the longest text in the value. Iterative: values may be nested deeper than
    Python's stack.
    """
    longest, open_ = 0, [value]
    while open_:
        here = open_.pop()
        if isinstance(here, str):
            longest = max(longest, len(here))
        elif isinstance(here, Mapping):
            open_ += here.values()
        elif isinstance(here, list | tuple):
            open_ += here
    return longest


def compiled(
    source: str,
    vocabulary: Vocabulary,
    functions: Iterable[str],
    prepared: Mapping[str, str] = NOTHING,
) -> Expression:
    """The expression, ready for use. Raises BadExpression with line and column. `prepared` calls
    are read as variables of the names given.
    """
    words = cel_source.tokens(source)
    _parsed(source)
    cel_source.check(source, words, vocabulary, frozenset(functions))
    tolerant = strict = cel_source.prepared(source, words, prepared)
    for root in [*vocabulary, *dict.fromkeys(cel_source.bound_names(words))]:
        tolerant = cel_source.comfortable(tolerant, cel_source.tokens(tolerant), root, "number")
    tolerant = cel_source.renamed(tolerant, cel_source.tokens(tolerant), TIMESTAMP)
    numeric, compared = cel_source.with_numbers(strict, "args", NUMBERS)
    program = _parsed(tolerant)
    names, known = program.references(), (*vocabulary, *prepared.values())
    return Expression(
        source,
        _parsed(strict),
        program,
        _parsed(numeric),
        frozenset(names["variables"]) & frozenset(known),
        frozenset(names["functions"]),
        cel_source.macros(words),
        tuple(dict.fromkeys(path for path, _, _ in cel_source.paths(words, "args"))),
        cel_source.reads(strict, known),
        compared,
        any(word.text in {"map", "filter"} for word in words),
    )


def is_panic(raised: BaseException) -> bool:
    """Whether the library, which is written in Rust, has panicked: that arrives as a BaseException
    of a class that cannot be imported.
    """
    return type(raised).__name__ == "PanicException"


@functools.cache
def _library() -> ModuleType:
    # the library brings a command line of its own and takes 0.25 s to import: only who compiles an
    # expression waits for it
    import cel  # noqa: PLC0415

    return cel


def _parsed(source: str) -> Any:
    if not source.strip():
        raise BadExpression(source, 0, "there is no expression")
    try:
        return _library().compile(source)
    except ValueError as wrong:
        raise _placed(source, str(wrong)) from wrong
    except BaseException as panic:
        if not is_panic(panic):
            raise
        raise BadExpression(source, 0, "the expression broke its parser") from panic


def _placed(source: str, message: str) -> BadExpression:
    """The library's first complaint at its place in the source."""
    if (found := PLACE.search(message)) is None:
        return BadExpression(source, 0, message[:200])
    line, column, wrong = int(found[1]), int(found[2]), found[3]
    start = sum(len(text) for text in source.splitlines(keepends=True)[: line - 1])
    words = (
        re.sub(r" expecting \{.*", "", wrong)
        .replace("mismatched input '<EOF>'", "it ends too early")
        .replace("'<EOF>'", "its end")
    )
    return BadExpression(source, min(start + column - 1, len(source)), words)


def _short(wrong: BaseException) -> str:
    """The library's words without its advice."""
    text = str(wrong).split(". Check ")[0].split(". CEL does not")[0].strip().rstrip(".")
    return text[:160] or type(wrong).__name__


def _kind(answer: Any) -> str:
    return "nothing" if answer is None else f"{type(answer).__name__} {answer!s:.40}"


def _longest(value: Any) -> int:
    """Iterative: values may be nested deeper than Python's stack."""
    longest, open_ = 0, [value]
    while open_:
        here = open_.pop()
        if type(here) in SCALARS:
            continue
        if isinstance(here, Mapping):
            longest = max(longest, len(here))
            open_ += here.values()
        elif isinstance(here, list | tuple):
            longest = max(longest, len(here))
            open_ += here
    return longest
