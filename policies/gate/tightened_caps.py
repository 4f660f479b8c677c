"""When another condition of a policy's caps lets through less for certain. Pure.

Only what can be told from the words is: the same conditions joined by `&&`, some with a number that
was moved inwards, or with further ones beside them.
"""

import re
from itertools import groupby

CapWords = tuple[str, ...]
WORD = re.compile(
    r""" "[^"]*" | '[^']*' | \d+(?:\.\d+)? | [^\W\d]\w* | && | \|\| | [<>=!]= | \S """, re.VERBOSE
)
UNTOLD = ("\\", "//", '"""', "'''")
"""Signs with which a text need not mean what it seems to."""
OPEN, CLOSE, EITHER = "([{", ")]}", {"||", "?"}
FEWER = {"<": -1, "<=": -1, ">": 1, ">=": 1}
"""Which way a bound moves to let through less."""


def tighter(old: str, new: str) -> bool:
    """Whether whatever `new` holds for, `old` did as well."""
    if any(sign in text for sign in UNTOLD for text in (old, new)):
        return False
    now = conditions(new)
    return all(any(within(one, other) for other in now) for one in conditions(old))


def conditions(text: str) -> list[CapWords]:
    """What has to hold all together; one alone where it is a choice."""
    words = WORD.findall(text)
    depth, levels = 0, []
    for word in words:
        depth += (word in OPEN) - (word in CLOSE)
        levels.append(depth)
    pairs = list(zip(words, levels, strict=True))
    if any(word in EITHER and level == 0 for word, level in pairs):
        return [tuple(words)]
    parts = groupby(pairs, lambda pair: pair == ("&&", 0))
    return [tuple(word for word, _ in part) for joins, part in parts if not joins]


def within(old: CapWords, new: CapWords) -> bool:
    """Whether they are the same, or end in a bound of which the new one is no wider."""
    if old == new:
        return True
    if len(old) < 3 or old[:-1] != new[:-1] or old[-2] not in FEWER:
        return False
    numbers = old[-1][0].isdecimal() and new[-1][0].isdecimal()
    return numbers and (float(new[-1]) - float(old[-1])) * FEWER[old[-2]] >= 0
