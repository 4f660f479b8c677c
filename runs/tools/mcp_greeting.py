"""How a tool server introduces itself, made fit for the SDK: nobody acts on what is odd there.
Pure.
"""

from typing import Any, Final

UNKNOWN: Final = "unknown"
FEATURES: Final = ("tools", "resources", "prompts", "logging", "completions", "experimental")


def mend(greeting: dict[str, Any]) -> None:
    """Say in its place that it is unknown, or leave out, whatever a server says of itself oddly."""
    told = greeting.get("serverInfo")
    about = told if isinstance(told, dict) else {}
    greeting["serverInfo"] = {name: said(about.get(name)) for name in ("name", "version")}
    able = greeting.get("capabilities")
    greeting["capabilities"] = {
        name: feature if isinstance(feature, dict) else {}
        for name, feature in (able.items() if isinstance(able, dict) else ())
        if name in FEATURES and feature not in (None, False)
    }
    if not isinstance(greeting.get("instructions"), str | None):
        del greeting["instructions"]


def said(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) else UNKNOWN
