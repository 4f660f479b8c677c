"""JSON as it is written to be compared or digested: sorted keys, characters unescaped. Pure."""

import json
from collections.abc import Callable
from json import encoder
from typing import Any


def writer(
    item: str, key: str, *, default: Callable[[Any], Any] | None = None, allow_nan: bool = True
) -> Callable[[Any], str]:
    """Writes a value with these separators; `default` says what to write of what JSON has no word
    for.

    The standard encoder is put together anew for each value, which takes longer than writing a
    small one. A value that contains itself raises RecursionError rather than ValueError.
    """
    standard = json.JSONEncoder(
        sort_keys=True,
        ensure_ascii=False,
        separators=(item, key),
        default=default,
        allow_nan=allow_nan,
    )
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:
        return standard.encode
    quoted = encoder.encode_basestring
    order, skip = standard.sort_keys, standard.skipkeys
    parts = make(None, standard.default, quoted, None, key, item, order, skip, allow_nan)
    return lambda value: "".join(parts(value, 0))


_written = writer(",", ":", allow_nan=False)


def canonical(value: Any) -> str:
    """The one form of a value that is digested, without spaces. Raises TypeError, ValueError or
    RecursionError for what is not JSON; `cleaning` makes such values storable first.
    """
    return _written(value)
