"""The texts and numbers within a value, each with the path that leads there."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# no name of a field looks like this; an address, a host or an account number does
CARRIES = re.compile(r"[@/]|\.\w|\d[\d .-]{4}")


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every text and number with its path, and every name of a field, since an address may stand
    there. Iterative: values may be nested deeply.
    """
    open_ = [(path, value)]
    while open_:
        here, each = open_.pop()
        if isinstance(each, Mapping):
            yield from (
                (f"{here}.(a field's name)", key) for key in each if CARRIES.search(str(key))
            )
            open_ += [(f"{here}.{key}", one) for key, one in reversed(list(each.items()))]
        elif isinstance(each, list | tuple):
            open_ += [(f"{here}[{index}]", each[index]) for index in reversed(range(len(each)))]
        elif each is not None and not isinstance(each, bool):
            yield here, each
