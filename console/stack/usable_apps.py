"""Which of a team's own apps Django can be given: one that cannot be imported is left out and
named, and the console serves without it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.apps import AppConfig


@dataclass(frozen=True, slots=True)
class UsableApps:
    """`installed` are entries for Django, `left_out` the others, each with what was raised."""

    installed: tuple[str, ...]
    left_out: tuple[tuple[str, BaseException], ...]


class SameLabel(Exception):
    """Two apps end in the same word: Django tells apps apart by it."""


def sieved(names: Sequence[str], before: Iterable[str]) -> UsableApps:
    """`before` are the apps that are installed already."""
    labels = {name.rpartition(".")[2] for name in before}
    installed: list[str] = []
    left_out: list[tuple[str, BaseException]] = []
    for name in dict.fromkeys(names):
        try:
            labels.add(label(name, labels))
        except (Exception, SystemExit) as error:  # noqa: BLE001
            left_out.append((name, error))
        else:
            installed.append(name)
    return UsableApps(tuple(installed), tuple(left_out))


def label(name: str, taken: Iterable[str]) -> str:
    """The app's label, once it and its `apps` module have been imported; raises whatever they
    raise, and SameLabel.
    """
    found = AppConfig.create(name).label
    if found in taken:
        raise SameLabel(f"another app is labelled {found!r} already: give it an AppConfig")
    return found
