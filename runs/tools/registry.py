"""Where Python functions become tools: the `@tool` decorator, what may be attached to it, and the
one table of all of them.

Any installed app's `tools` module is imported on first need. Says what exists; never who may call
it.
"""

import functools
import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

from django.apps import AppConfig, apps
from django.conf import settings
from django.utils.module_loading import module_has_submodule

from policies.gate import effect_keys
from runs.engine.ports import ToolSpec
from runs.engine.recall import RECALL
from runs.engine.vocabulary import Effect, Visibility
from runs.tools import arguments, schemas
from runs.tools.broken_tools import NOTED, BrokenTool, folder_of
from runs.tools.parameters import BadTool

P = ParamSpec("P")
R = TypeVar("R")
Hook = TypeVar("Hook", bound=Callable[..., Any])

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
HOOKS: Mapping[str, frozenset[str]] = {
    "check": frozenset({"args", "result", "context"}),
    "lookup": frozenset({"args", "context"}),
    "undo": frozenset({"args", "result", "context"}),
    "undo_lookup": frozenset({"args", "result", "context"}),
    "list_effects": frozenset({"since"}),
}


class Declared(Generic[P, R]):
    """A function declared a tool.

    Calling it calls the function; `@it.check`, `@it.lookup`, `@it.undo`, `@it.undo_lookup`,
    `@it.list_effects` attach the rest.

    An attached function names what it wants: `args`, `result`, `context`. `check` gives True,
    False, None or a Verdict; `lookup` gives None when the call did not happen, its result when it
    did, or a Lookup, and `undo_lookup` the same of the undo; `undo` gives what should be
    remembered. `list_effects` takes `since`, an aware time, and gives a ListedEffect for every
    effect since then.
    """

    def __init__(self, function: Callable[P, R], spec: ToolSpec, *, inline: bool = False) -> None:
        self.function, self.inline = function, inline
        self.signature = schemas.signature_of(function)
        self.hooks: dict[str, Callable[..., Any]] = {}
        self.spec = replace(
            spec, schema=self.signature.schema, output_schema=schemas.output_schema_of(function)
        )

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def check(self, hook: Hook) -> Hook:
        return self._attach("check", hook)

    def lookup(self, hook: Hook) -> Hook:
        return self._attach("lookup", hook)

    def undo(self, hook: Hook) -> Hook:
        return self._attach("undo", hook)

    def undo_lookup(self, hook: Hook) -> Hook:
        return self._attach("undo_lookup", hook)

    def list_effects(self, hook: Hook) -> Hook:
        return self._attach("list_effects", hook)

    def _attach(self, verb: str, hook: Hook) -> Hook:
        try:
            self._add(verb, hook)
        except BadTool as wrong:
            NOTED.take(self.name, wrong, hook)
            withdraw(self)  # without what its writer gave it, it is not what they declared
        return hook

    def _add(self, verb: str, hook: Callable[..., Any]) -> None:
        unknown = set(inspect.signature(hook).parameters) - HOOKS[verb]
        if unknown:
            raise BadTool(
                f"{self.name}.{verb}: no such thing as {', '.join(sorted(unknown))}; it may name"
                f" {', '.join(sorted(HOOKS[verb]))}"
            )
        if verb in self.hooks:
            raise BadTool(f"{self.name} has a {verb} already")
        if verb == "list_effects" and self.spec.effect is Effect.READ:
            raise BadTool(f"{self.name} only reads: it has no effects to list")
        self.hooks[verb] = hook
        has: dict[str, Any] = {f"has_{each}": each in self.hooks for each in HOOKS}
        self.spec = replace(self.spec, **has)

    @property
    def name(self) -> str:
        return self.spec.name


class NoTool(Declared[P, R]):
    """A function that cannot be a tool. It can still be called, and what is attached to it is
    ignored, so that the rest of its module can be loaded.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self.function = function

    def _attach(self, verb: str, hook: Hook) -> Hook:
        return hook


REGISTRY: dict[str, Declared[..., Any]] = {}


def tool(
    *,
    effect: Effect,
    idempotent: bool | None = None,
    timeout: float = 30.0,
    scope: str = "",
    visibility: Visibility = Visibility.USER_HIDDEN,
    name: str = "",
    undo_idempotent: bool = False,
    inline: bool = False,
    effect_key: Sequence[str] = (),
) -> Callable[[Callable[P, R]], Declared[P, R]]:
    """Declare a function a tool.

    Its docstring is what planners read, its type hints are the schema; a ToolContext parameter is
    filled in.

    `effect` has no default: whoever writes a tool says what it does to the world. Reads are
    idempotent unless said otherwise; anything else is only when the same idempotency key twice has
    one effect. `timeout` is in seconds. `undo_idempotent` promises the same of its undo: an undo
    whose worker was lost is then made again under its own key. Otherwise `@it.undo_lookup` is asked
    whether it happened, as `@it.lookup` is of a call; without one, a person. `effect_key` names the
    arguments that tell one effect from another, as ("order_id", "amount"): with these equal, a call
    that is only worded anew is not made twice. A tool runs in a
    process that is killed when its call has to end and does not. `inline` is for one that is always
    quick and never blocks: it runs in the worker itself, where nothing can end it, until it has
    ended or frozen a worker: then it runs as others do. A function made by a function runs in the
    worker as well.
    """

    def declare(function: Callable[P, R]) -> Declared[P, R]:
        called = name or getattr(function, "__name__", type(function).__name__)
        spec = ToolSpec(
            name=called,
            description=inspect.getdoc(function) or "",
            schema={},
            effect=effect,
            idempotent=effect is Effect.READ if idempotent is None else idempotent,
            undo_idempotent=undo_idempotent,
            timeout=timeout,
            scope=scope,
            visibility=visibility,
            effect_key=tuple(effect_key),
        )
        try:
            return register(Declared(function, spec, inline=inline))
        except BadTool as wrong:
            NOTED.take(called, wrong, function)
            return NoTool(function)

    return declare


def register(declared: Declared[P, R]) -> Declared[P, R]:
    """Put it into the registry. Raises BadTool for an unusable name or schema, a missing
    description, and a second tool of that name.
    """
    if not NAME.fullmatch(declared.name):
        raise BadTool(
            f"{declared.name!r} cannot be a tool's name: small letters, digits and underscores, a"
            " letter first"
        )
    if declared.name == RECALL:
        raise BadTool(f"{RECALL} is built in: every run has it once it has something to recall")
    if not declared.spec.description:
        raise BadTool(f"{declared.name} needs a docstring: it is all a planner knows of it")
    for takes, schema in (
        ("its arguments", declared.spec.schema),
        ("its result", declared.spec.output_schema or {}),
    ):
        if wrong := arguments.refused(schema):
            raise BadTool(f"{declared.name}: the JSON Schema of {takes} cannot be used: {wrong}")
    if unfit := keyless(declared.spec):
        raise BadTool(f"{declared.name}: effect_key: {unfit}")
    there = REGISTRY.get(declared.name)
    if there is not None and _origin(there) != _origin(declared):
        raise BadTool(f"{declared.name} is a tool already, declared in {_origin(there)[0]}")
    REGISTRY[declared.name] = declared
    return declared


def keyless(spec: ToolSpec) -> str | None:
    """Why the arguments that it names cannot tell its effects apart; None when they can."""
    if spec.effect_key and spec.effect is Effect.READ:
        return "a tool that only reads has no effect that could be had twice"
    known = spec.schema.get("properties") or {}
    if lacking := [name for name in spec.effect_key if name.partition(".")[0] not in known]:
        return f"it has no argument named {lacking[0]}"
    return effect_keys.problem(spec.effect_key)


def _origin(declared: Declared[..., Any]) -> tuple[str, str]:
    return declared.function.__module__, declared.function.__qualname__


def withdraw(declared: Declared[..., Any]) -> None:
    """Take it out of the registry, if it is in it."""
    if REGISTRY.get(declared.name) is declared:
        del REGISTRY[declared.name]


def discover() -> Mapping[str, Declared[..., Any]]:
    """Every tool of every installed app, by name."""
    _import_all()
    return REGISTRY


def broken() -> Sequence[BrokenTool]:
    """The functions that were left out when the tools were loaded, in the order in which they were
    met.
    """
    _import_all()
    return tuple(NOTED.found)


@functools.cache
def _import_all() -> None:
    with NOTED.loading():
        for name, error in settings.OWN_APPS.left_out:
            NOTED.take_module(name, error, folder_of(name))
        for name, error in settings.OWN_APPS.torn:
            NOTED.take_module(f"{name}.models", error, folder_of(name))
        for app in apps.get_app_configs():
            offers = getattr(app, "offers_tools", True)
            if offers and app.module is not None and module_has_submodule(app.module, "tools"):
                import_tools(app)


def import_tools(app: AppConfig) -> None:
    """Import an app's tools. A module that cannot be imported to its end has none, since a hook
    further down may be missing.
    """
    module = f"{app.name}.tools"
    try:
        import_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        NOTED.take_module(module, error, Path(app.path))
        for declared in list(REGISTRY.values()):
            if declared.function.__module__ not in sys.modules:
                withdraw(declared)
