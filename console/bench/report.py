"""How a bench's figures reach a reader: as a table for people, as one JSON object for machines."""

import json
import os
import platform
from collections.abc import Mapping

Figures = Mapping[str, int | float]


def machine() -> str:
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()},"
        f" Python {platform.python_version()}"
    )


def as_json(name: str, figures: Figures) -> str:
    return json.dumps({"name": name, "machine": machine(), "figures": dict(figures)})


def as_table(name: str, figures: Figures) -> str:
    width = max((len(figure) for figure in figures), default=0)
    lines = [f"  {figure.ljust(width)}  {_readable(value)}" for figure, value in figures.items()]
    return "\n".join([f"{name} on {machine()}", *lines])


def _readable(value: float) -> str:
    return f"{value:>12,}" if isinstance(value, int) else f"{value:>16,.3f}"
