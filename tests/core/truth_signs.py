"""The signs that are seen in what a tool gave back, by their names."""

from typing import Any

from policies.truth import data_signs
from policies.truth.scan import ScanContext
from policies.truth.sign import Sign, TruthThresholds

ACT, READ, PROBE, CONTENT = "do_thing", "get_thing", "check_thing", "read_page"


def signs(value: Any, tool: str = ACT, depth: int = 0) -> list[Sign]:
    return list(
        data_signs.signs_of_value(value, ScanContext.of(tool, "", TruthThresholds()), depth)
    )


def names(value: Any, tool: str = ACT, depth: int = 0) -> list[str]:
    return [sign.name for sign in signs(value, tool, depth)]
