"""Takes permissions away, one at a time, in this process: a walk that does not see it proves
nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from django.contrib import admin
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import URLResolver

from console.doors.matrix import MatrixLine
from tests.doors.walk import Walk

PLACES = (
    "approvals/",
    "audit/export.<slug:form>",
    "policies/breakers/force/",
    "runs/<uuid:run_id>/kill/",
    "runs/<uuid:run_id>/continue/",
    "runs/start/",
    "tools/<int:tool>/describe/",
    "policies/halt/<int:halt_id>/release/",
)
PROGRAMS = ("api/v1/runs/<uuid:run_id>/kill",)
MODELS = (("policies", "toolpolicy"),)


def views(patterns: Sequence[URLPattern | URLResolver], before: str = "") -> Iterator[Any]:
    for each in patterns:
        address = f"{before}{each.pattern}"
        if isinstance(each, URLPattern):
            yield address, each.callback
        else:
            yield from views(each.url_patterns, address)


def layers(view: Any) -> Iterator[Any]:
    while view is not None:
        yield view
        view = getattr(view, "__wrapped__", None)


@contextmanager
def unguarded(address: str) -> Iterator[None]:
    """The view at this address asks for no permission; a program's, for no scope and none of its
    owner's.
    """
    view = dict(views(get_resolver().url_patterns))[address]
    cells = [
        (cell, cell.cell_contents)
        for layer in layers(view)
        for name, cell in zip(layer.__code__.co_freevars, layer.__closure__ or (), strict=True)
        if name == "permissions"
    ]
    assert cells, f"{address} has no guard"
    try:
        for cell, _ in cells:
            cell.cell_contents = ()
        yield
    finally:
        for cell, held in cells:
            cell.cell_contents = held


@contextmanager
def open_form(label: str, name: str) -> Iterator[None]:
    """Staff may change rows of this model without the permission."""
    known = admin.site._registry
    place = next(
        place
        for model, place in known.items()
        if (model._meta.app_label, model._meta.model_name) == (label, name)
    )
    with patch.object(type(place), "has_change_permission", lambda *_args, **_facts: True):
        yield


Mutation = tuple[str, str, Callable[[], AbstractContextManager[None]]]


def all_of_them() -> Iterator[Mutation]:
    """What is taken away, where that must be seen, and how."""
    for address in (*PLACES, *PROGRAMS):
        yield address, address, partial(unguarded, address)
    for label, name in MODELS:
        base = f"admin/{label}/{name}/"
        yield f"{base} (change)", f"{base}<row>/change/", partial(open_form, label, name)


def missed(walk: Walk, lines: Sequence[MatrixLine]) -> tuple[int, list[str]]:
    """How many permissions were taken away, and where nobody saw it."""
    unseen, count = [], 0
    for what, where, taken_away in all_of_them():
        count += 1
        there = [line for line in lines if line.address == where]
        with taken_away():
            if not any(cell.wrong for cell in walk.cells(there)):
                unseen.append(f"nobody misses the permission of {what}")
    return count, unseen
