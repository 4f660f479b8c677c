"""`manage.py evaluate NAME [FILE] [--json] [--thresholds FILE]`: what a pure rule says about
recorded runs, and how often it is right; `--fit` and `--leave-one-out` fit the numbers of loops.

Needs no database. Each module of `console.evaluate` with `measure(path, thresholds) -> dict` is one
evaluation; with `COMMITTED` it has recordings of its own.
"""

import importlib
import inspect
import json
import pkgutil
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from django.core.management import CommandError, CommandParser

from console import evaluate
from console.evaluate import loop_fit, sweeps, trajectories
from console.outside import terminal


class Command(terminal.TerminalCommand):
    requires_system_checks = ()
    help = "Measures a rule against a file of recorded runs or tool results."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=sorted(_modules()), help="which rule")
        parser.add_argument(
            "file", type=Path, nargs="?", help="the recordings, where the rule has none of its own"
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object instead of a table"
        )
        parser.add_argument(
            "--thresholds",
            type=Path,
            help="a JSON object of thresholds that differ from the shipped ones",
        )

        fitting = parser.add_mutually_exclusive_group()
        fitting.add_argument(
            "--fit", action="store_true", help="fit the thresholds of loops and write them"
        )
        fitting.add_argument(
            "--leave-one-out",
            action="store_true",
            help="judge each source by thresholds that were fitted to all others",
        )

    def handle(
        self,
        *_args: object,
        name: str,
        file: Path | None,
        json: bool,
        thresholds: Path | None,
        fit: bool,
        leave_one_out: bool,
        **_options: Any,
    ) -> None:
        module = _modules()[name]
        found = _recordings(name, module, file)
        if (fit or leave_one_out) and name != "loops":
            raise CommandError("only the thresholds of loops are fitted")
        if fit:
            self.stdout.write(_fitted(found))
            return
        limits = _thresholds(module, thresholds)
        honest = trajectories.read(sweeps.COMMITTED)
        figures = (
            loop_fit.leave_one_out(found, honest, limits)
            if leave_one_out
            else module.measure(found, limits)
        )
        self.stdout.write(_as_json(figures) if json else "\n".join(_lines(figures)))


def _recordings(name: str, module: ModuleType, file: Path | None) -> Path:
    path = file or getattr(module, "COMMITTED", None)
    if path is None:
        raise CommandError(f"evaluate {name} needs a file of recordings")
    if not path.is_file():
        raise CommandError(f"there is no file {path}")
    return Path(path)


def _fitted(recordings: Path) -> str:
    """Fits the thresholds, writes them where they are shipped from, and says so."""
    limits = loop_fit.fitted(recordings, trajectories.read(sweeps.COMMITTED))
    loop_fit.FITTED_NUMBERS.write_text(loop_fit.module_text(limits, recordings), encoding="utf-8")
    return f"Fitted: {limits.digest()}, written to {loop_fit.FITTED_NUMBERS.name}."


def _modules() -> dict[str, ModuleType]:
    modules = {
        found.name: importlib.import_module(f"console.evaluate.{found.name}")
        for found in pkgutil.iter_modules(evaluate.__path__)
    }
    return {name: module for name, module in modules.items() if hasattr(module, "measure")}


def _thresholds(module: ModuleType, changes: Path | None) -> Any:
    """The thresholds a module ships, with changes from a file."""
    shipped = inspect.signature(module.measure).parameters["thresholds"].default
    if changes is None:
        return shipped
    try:
        values = json.loads(changes.read_text(encoding="utf-8"))
        return shipped.edited(values) if hasattr(shipped, "edited") else replace(shipped, **values)
    except (OSError, ValueError, TypeError) as wrong:
        raise CommandError(f"{changes}: {wrong}") from wrong


def _as_json(figures: dict[str, Any]) -> str:
    return json.dumps(figures, indent=2, ensure_ascii=False)


def _lines(figures: dict[str, Any], indent: str = "") -> list[str]:
    """Figures as aligned lines; a table of equal rows as columns."""
    width = max((len(key) for key in figures), default=0)
    lines: list[str] = []
    for key, value in figures.items():
        if (
            isinstance(value, dict)
            and value
            and all(isinstance(row, dict) for row in value.values())
        ):
            lines += ["", f"{indent}{key}", *_table(value, indent + "  ")]
        elif isinstance(value, dict):
            lines += ["", f"{indent}{key}", *_lines(value, indent + "  ")]
        elif isinstance(value, list):
            lines += ["", f"{indent}{key}", *(f"{indent}  {_words(item)}" for item in value)]
        else:
            lines.append(f"{indent}{key:<{width}}  {_cell(value)}")
    return lines


def _table(rows: dict[str, dict[str, Any]], indent: str) -> list[str]:
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    cells = [
        ["", *names],
        *([key, *(_cell(row.get(name)) for name in names)] for key, row in rows.items()),
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(names) + 1)]
    return [
        indent
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _words(item: Any) -> str:
    return (
        "  ".join(
            f"{key}={value!r}" if key == "text" else f"{value}" for key, value in item.items()
        )
        if isinstance(item, dict)
        else str(item)
    )
