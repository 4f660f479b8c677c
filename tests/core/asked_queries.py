"""Queries as people might type them, right and wrong, drawn from a seed; values from a small world,
so that they find something.
"""

from collections.abc import Callable, Sequence
from random import Random

from runs.language.query_fields import COMPARED, FIELDS, QueryField, Shape

Worlds = dict[str, Sequence[str]]
SPOILT = (
    '"', "status:", "cost:1", "agnet:x", "status:faild", "at:99:99", "limit>x", "a:b", "run:xyz",
    'tool:"a"b', "age<1y", "kind:,", "-status:", "at:2026-02-30", "cost>>1",
)  # fmt: skip
AT = (
    "today", "yesterday", "2026-11-20", "2026-11-20T15:47", "15:47", "3:47pm", "friday-15:47",
    "fri", "2026-11-20T15:47:02Z~3s", "2026-11-20T15:40Z..2026-11-20T15:50Z", "..today",
    "2026-11-20Z..",
)  # fmt: skip
SPANS = ("5s", "1m", "10m", "1h", "1h30m", "2d", "3w")
NUMBERS = ("0", "0.01", "$1", "1.50", "2", "10", "50", "1k", "2_000", "1m")


def query(random: Random, world: Worlds) -> str:
    """Up to four conditions, a few of them spoilt."""
    if random.random() < 0.04:
        return noise(random)
    terms = [term(random, world) for _ in range(random.choice([0, 1, 1, 1, 2, 2, 3, 4]))]
    return random.choice([" ", "  ", "\t"]).join(terms)


def noise(random: Random) -> str:
    letters = 'ab:"\\,<>=- ~.0159%zé\x00\n'
    return "".join(random.choice(letters) for _ in range(random.randrange(14)))


def term(random: Random, world: Worlds) -> str:
    if random.random() < 0.06:
        return random.choice(SPOILT)
    minus = "-" if random.random() < 0.2 else ""
    if random.random() < 0.25:
        return minus + quoted(random, random.choice(world["text"]))
    field = random.choice(list(FIELDS.values()))
    relation = random.choice([">", "<", ">=", "<="]) if field.shape in COMPARED else ":"
    return f"{minus}{field.name}{relation}{given(random, field, world)}"


def given(random: Random, field: QueryField, world: Worlds) -> str:
    of: dict[Shape, Callable[[], str]] = {
        Shape.NUMBER: lambda: random.choice(NUMBERS),
        Shape.PERCENT: lambda: random.choice(["0", "50%", "80", "99.5%", "100%"]),
        Shape.SPAN: lambda: random.choice(SPANS),
        Shape.MOMENT: lambda: random.choice(AT),
        Shape.CLOSED: lambda: several(random, field.values),
        Shape.OPEN: lambda: several(random, world[field.name]),
        Shape.ID: lambda: several(random, world["id"]),
    }
    return of[field.shape]()


def several(random: Random, words: Sequence[str]) -> str:
    chosen = random.sample(words, min(len(words), random.choice([1, 1, 1, 2, 3])))
    return ",".join(quoted(random, word, ",") for word in chosen)


def quoted(random: Random, word: str, ends: str = "") -> str:
    if random.random() < 0.1 or any(char in f' "{ends}' for char in word):
        return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return word
