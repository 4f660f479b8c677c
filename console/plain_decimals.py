"""Decimals as people wrote them, without the zeros that a column adds. Pure text."""

import re

DECIMAL = re.compile(r"-?\d+\.\d+", re.ASCII)


def plain(text: str) -> str:
    """`1000.000000` as it was written, `1000`; with cents where there are any, `0.50`, `0.0125`.
    Other texts stay as they are.
    """
    if not DECIMAL.fullmatch(text):
        return text
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    return f"{whole}.{part:0<2}" if part else whole
