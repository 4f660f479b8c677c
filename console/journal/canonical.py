"""The one way a JSON value is written when it is to be digested: sorted keys, no spaces, characters
as they are. Pure.
"""

import json
from typing import Any

_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


def canonical(value: Any) -> str:
    """Raises TypeError, ValueError or RecursionError for what is not JSON; `cleaning` makes such
    values storable first.
    """
    return _encode(value)
