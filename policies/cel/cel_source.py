"""The text of an expression in CEL: its words, its limits, and what is wrong with it and where.
Evaluates nothing.

Expressions have to be short: the parser and the evaluator recurse, and a deep enough text would end
the process.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

LONGEST = 2_000
MOST_TOKENS = 400
DEEPEST = 40
LONGEST_PATTERN = 200
# counted repetitions of a pattern, multiplied: each one is a copy in the compiled pattern
MOST_REPEATS = 64

TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
      | (?P<string>[rRbB]{0,2}(?:
            \"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''
          | "(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
      | (?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[uU]?)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<sign><=|>=|==|!=|&&|\|\||.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
PLAIN = re.compile(r"\b\w+(?:\.\w+)+", re.ASCII)
WORDS = frozenset({"true", "false", "null", "in"})
MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
TYPES = frozenset({"int", "uint", "double", "bool", "string", "bytes", "list", "map"})
OWN_FUNCTIONS = frozenset(
    "has size contains startsWith endsWith matches timestamp duration int uint double string bytes"
    " type dyn getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours"
    " getMinutes getSeconds getMilliseconds".split()
)
ORDERED = frozenset({"<", "<=", ">", ">="})
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")

Vocabulary = Mapping[str, Sequence[str] | None]
"""The names an expression may use, with their fields; None when any field may be read."""


class BadExpression(ValueError):
    """An expression that must not be saved. The text says what is wrong; `line` and `column` count
    from 1.
    """

    def __init__(self, source: str, place: int, wrong: str) -> None:
        before = source[:place]
        self.wrong, self.line, self.column = (
            wrong,
            before.count("\n") + 1,
            place - (before.rfind("\n") + 1) + 1,
        )
        around = (
            f" at “{source[place : place + 20].splitlines()[0]}”"
            if source[place : place + 20].strip()
            else " at the end"
        )
        super().__init__(f"Line {self.line}, column {self.column}{around}: {wrong}")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of an expression; `place` counts characters from 0."""

    kind: str
    text: str
    place: int


def tokens(source: str) -> list[Token]:
    """The words without spaces and comments. Raises BadExpression when
    there are too many of them."""
    if len(source) > LONGEST:
        raise BadExpression(
            source,
            LONGEST,
            f"an expression has at most {LONGEST} characters, this one has {len(source)}",
        )
    found = [
        Token(str(match.lastgroup), match.group(), match.start())
        for match in TOKEN.finditer(source)
    ]
    words = [token for token in found if token.kind != "space"]
    if len(words) > MOST_TOKENS:
        raise BadExpression(
            source,
            words[MOST_TOKENS].place,
            f"an expression has at most {MOST_TOKENS} words, this one has {len(words)}",
        )
    depth = 0
    for token in words:
        depth += (token.text in OPENING) - (token.text in CLOSING)
        if depth > DEEPEST:
            raise BadExpression(
                source, token.place, f"brackets are nested more than {DEEPEST} deep"
            )
    return words


def check(
    source: str, words: Sequence[Token], vocabulary: Vocabulary, functions: frozenset[str]
) -> None:
    """Raises BadExpression for names that are not known at run time, and for patterns that would
    cost too much.
    """
    bound = set(bound_names(words))
    for index, token in enumerate(words):
        before, after = _text(words, index - 1), _text(words, index + 1)
        if token.kind == "name" and after == "(":
            _check_function(source, words, index, functions)
        elif token.kind == "name" and before != "." and token.text not in bound | WORDS | TYPES:
            _check_variable(source, words, index, vocabulary)


def bound_names(words: Sequence[Token]) -> Iterator[str]:
    """Names that macros bind: `x` in `args.list.all(x, x > 1)`."""
    for index, token in enumerate(words):
        if (
            token.text in MACROS
            and _text(words, index - 1) == "."
            and _text(words, index + 1) == "("
            and index + 2 < len(words)
        ):
            yield words[index + 2].text


def macros(words: Sequence[Token]) -> int:
    return sum(1 for _ in bound_names(words))


def paths(words: Sequence[Token], root: str) -> list[tuple[str, int, int]]:
    """Each `root.a.b` or `root["a"]` as its text and the span of its words; `size(args.a)` holds
    `args.a`, `args.a.size()` only `args`.
    """
    found = []
    for start, token in enumerate(words):
        if token.text != root or token.kind != "name" or _text(words, start - 1) == ".":
            continue
        end = start + 1
        while (step := _step(words, end)) > end:
            end = step
        found.append(("".join(word.text for word in words[start:end]), start, end))
    return found


def reads(source: str, roots: Iterable[str]) -> frozenset[str]:
    """All paths of the source that begin with one of the roots, as `paths` gives them."""
    words = tokens(source)
    return frozenset(path for root in roots for path, _, _ in paths(words, root))


def comfortable(source: str, words: Sequence[Token], root: str, function: str) -> str:
    """The source with `root.a <= 50` as `function(root.a) <= 50`, so that what is compared with a
    number may be written as text.
    """
    cuts: list[tuple[int, str]] = []
    for _text_of, start, end in paths(words, root):
        if _against_number(words, start, end):
            last = words[end - 1]
            cuts += [(words[start].place, f"{function}("), (last.place + len(last.text), ")")]
    return reduce(
        lambda text, cut: text[: cut[0]] + cut[1] + text[cut[0] :],
        sorted(cuts, reverse=True),
        source,
    )


def with_numbers(source: str, root: str, numbers: str) -> tuple[str, tuple[str, ...]]:
    """The source with `numbers["root.a"] <= 50` for `root.a <= 50`, and the paths that are replaced
    so. The source as it is and no path, where one is not plain or a macro binds the root's name.
    """
    words = tokens(source)
    compared = [
        (path, words[start].place, words[end - 1])
        for path, start, end in paths(words, root)
        if _against_number(words, start, end)
    ]
    plain = all(PLAIN.fullmatch(path) for path, _, _ in compared)
    if not plain or root in bound_names(words):
        return source, ()
    for path, start, last in reversed(compared):
        source = f'{source[:start]}{numbers}["{path}"]{source[last.place + len(last.text) :]}'
    return source, tuple(dict.fromkeys(path for path, _, _ in compared))


def renamed(source: str, words: Sequence[Token], functions: Mapping[str, str]) -> str:
    """The source with calls of some functions renamed."""
    calls = [
        word
        for index, word in enumerate(words)
        if word.text in functions and _text(words, index + 1) == "("
    ]
    for word in reversed(calls):
        source = source[: word.place] + functions[word.text] + source[word.place + len(word.text) :]
    return source


def prepared(source: str, words: Sequence[Token], names: Mapping[str, str]) -> str:
    """The source with whole calls, such as `links(args)`, replaced by names; their values are
    computed once for all expressions.
    """
    for call, name in names.items():
        parts = [word.text for word in tokens(call)]
        for start in range(len(words) - len(parts), -1, -1):
            if [word.text for word in words[start : start + len(parts)]] == parts and _text(
                words, start - 1
            ) != ".":
                last = words[start + len(parts) - 1]
                source = source[: words[start].place] + name + source[last.place + len(last.text) :]
    return source


def _text(words: Sequence[Token], index: int) -> str:
    return words[index].text if 0 <= index < len(words) else ""


def _step(words: Sequence[Token], end: int) -> int:
    """The place where a path that reached `end` ends next: one field or index further, or there."""
    if (
        _text(words, end) == "."
        and end + 1 < len(words)
        and words[end + 1].kind == "name"
        and _text(words, end + 2) != "("
    ):
        return end + 2
    if (
        _text(words, end) == "["
        and end + 2 < len(words)
        and words[end + 1].kind in {"string", "number"}
        and _text(words, end + 2) == "]"
    ):
        return end + 3
    return end


def _against_number(words: Sequence[Token], start: int, end: int) -> bool:
    number = end + 1 + (_text(words, end + 1) == "-")
    if _text(words, end) in ORDERED and number < len(words) and words[number].kind == "number":
        return True
    return _text(words, start - 1) in ORDERED and start >= 2 and words[start - 2].kind == "number"


def _check_variable(
    source: str, words: Sequence[Token], index: int, vocabulary: Vocabulary
) -> None:
    token = words[index]
    if token.text not in vocabulary:
        raise BadExpression(
            source, token.place, f"there is no {token.text} here; there are {', '.join(vocabulary)}"
        )
    fields = vocabulary[token.text]
    if (
        fields is not None
        and _text(words, index + 1) == "."
        and (field := words[index + 2]).text not in fields
    ):
        raise BadExpression(
            source, field.place, f"{token.text} has no {field.text}; it has {', '.join(fields)}"
        )


def _check_function(
    source: str, words: Sequence[Token], index: int, functions: frozenset[str]
) -> None:
    token = words[index]
    if token.text in MACROS and _text(words, index - 1) == ".":
        return
    if token.text not in functions | OWN_FUNCTIONS:
        raise BadExpression(
            source,
            token.place,
            f"there is no function {token.text}; there are"
            f" {', '.join(sorted(functions | OWN_FUNCTIONS))}",
        )
    if token.text == "matches":
        _check_pattern(source, words, index)


def _check_pattern(source: str, words: Sequence[Token], index: int) -> None:
    """Patterns take linear time, but are compiled anew each time,
    and counted repetitions multiply."""
    pattern = words[index + 2] if index + 2 < len(words) else words[index]
    if _text(words, index - 1) != "." or pattern.kind != "string" or _text(words, index + 3) != ")":
        raise BadExpression(
            source, pattern.place, "a pattern is written out, as in args.code.matches('^[A-Z]{3}$')"
        )
    if pattern.text[0] not in "rR" and re.search(r"\\[xXuU0-7]", pattern.text):
        raise BadExpression(
            source, pattern.place, "a pattern with such escapes is written as a raw string, r'…'"
        )
    counts = [int(each) for each in re.findall(r"\{(?:\d*,)?(\d{1,9})", pattern.text)]
    if (
        len(pattern.text) > LONGEST_PATTERN
        or reduce(lambda product, count: product * max(count, 1), counts, 1) > MOST_REPEATS
    ):
        raise BadExpression(
            source,
            pattern.place,
            f"a pattern has at most {LONGEST_PATTERN} characters, its repetitions multiplied at"
            f" most {MOST_REPEATS}",
        )
