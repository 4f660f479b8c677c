"""Rows of a form as a browser sends them."""

from collections.abc import Mapping


def typed(name: str, *rows: Mapping[str, str]) -> dict[str, str]:
    """The inputs of the rows of this field, by the keys of their cells."""
    return {
        f"{name}-{place}-{key}": text for place, row in enumerate(rows) for key, text in row.items()
    }
