"""The options of `manage.py up`, read before Django is loaded and shown by `manage.py help up`."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass

from console import environment_values

SUMMARY = (
    "Starts the whole console: database, broker, web server, workers, clock. Ctrl-C stops"
    " everything."
)


@dataclass(frozen=True, slots=True)
class Options:
    port: int
    data: str
    demo: bool | None
    workers: int
    slots: int
    reload: bool | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port",
        type=_port,
        help="port on 127.0.0.1 (default: what PORT says, else 8000)",
    )
    parser.add_argument(
        "--data",
        default="",
        help="folder of this console's database and keys (default: .signalbox in the checkout)",
    )
    parser.add_argument(
        "--demo",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="a demo company with people, agents and runs (default: only in the embedded database)",
    )
    parser.add_argument(
        "--workers", type=_positive, default=1, help="worker processes (default: %(default)s)"
    )
    parser.add_argument(
        "--slots",
        type=_positive,
        default=100,
        help="runs one worker advances at the same time (default: %(default)s)",
    )
    parser.add_argument(
        "--reload",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="start again what runs your own apps when their code changes (default: only with the"
        " embedded database)",
    )


def parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="manage.py up", description=SUMMARY)
    add_arguments(parser)
    return from_namespace(parser.parse_args(arguments))


def from_namespace(found: argparse.Namespace) -> Options:
    """Raises NotAValue for a PORT that is none."""
    return Options(
        port=found.port or environment_values.whole("PORT", os.environ),
        data=found.data,
        demo=found.demo,
        workers=found.workers,
        slots=found.slots,
        reload=found.reload,
    )


def demo_wanted(options: Options, embedded: bool, environment: Mapping[str, str]) -> bool:
    """Whether the demo is wanted: the option decides, else SIGNALBOX_DEMO; else the demo is only
    for a database that was made for this console, never for somebody's own.
    """
    if options.demo is not None:
        return options.demo
    if said := environment.get("SIGNALBOX_DEMO", ""):
        return said.lower() in {"1", "true", "yes", "on"}
    return embedded


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError("must be between 1 and 65535")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
