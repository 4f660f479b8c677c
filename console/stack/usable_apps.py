"""Which of a team's own apps Django can be given: one that cannot be imported is left out and
named, and so are tables that cannot be; the console serves without them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import AppConfig, apps


@dataclass(frozen=True, slots=True)
class UsableApps:
    """The apps by name: `installed` have their `configs`, which Django is given; `left_out` are the
    others, each with what was raised. `torn` grows while Django loads tables: the apps whose models
    could not be imported.
    """

    installed: tuple[str, ...]
    left_out: tuple[tuple[str, BaseException], ...]
    configs: tuple[Any, ...] = ()
    torn: list[tuple[str, BaseException]] = field(default_factory=list)


class SameLabel(Exception):
    """Two apps end in the same word: Django tells apps apart by it."""


def sieved(names: Sequence[str], before: Iterable[str]) -> UsableApps:
    """`before` are the apps that are installed already."""
    labels = {name.rpartition(".")[2] for name in before}
    configs: dict[str, AppConfig] = {}
    left_out: list[tuple[str, BaseException]] = []
    torn: list[tuple[str, BaseException]] = []
    for name in dict.fromkeys(names):
        try:
            found = config(name, labels)
        except (Exception, SystemExit) as error:  # noqa: BLE001
            left_out.append((name, error))
        else:
            labels.add(found.label)
            configs[name] = forgiving(found, torn)
    return UsableApps(tuple(configs), tuple(left_out), tuple(configs.values()), torn)


def config(name: str, taken: Iterable[str]) -> AppConfig:
    """The app's config, once it and its `apps` module have been imported; raises whatever they
    raise, and SameLabel.
    """
    found = AppConfig.create(name)
    if found.label in taken:
        raise SameLabel(f"another app is labelled {found.label!r} already: give it an AppConfig")
    return found


def forgiving(found: AppConfig, torn: list[tuple[str, BaseException]]) -> AppConfig:
    """The config with a way of loading its tables that notes what goes wrong and goes on without
    them: half of a module's tables are none.
    """
    load = found.import_models

    def load_or_note() -> None:
        try:
            load()
        except (Exception, SystemExit) as error:  # noqa: BLE001
            torn.append((found.name, error))
            found.models_module = None
            apps.all_models[found.label].clear()
            apps.clear_cache()

    found.import_models = load_or_note  # type: ignore[method-assign]
    return found
