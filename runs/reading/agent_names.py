"""The names of the house's agents, those switched off included."""

from collections.abc import Iterable

from runs.models import Agent


def known() -> Iterable[str]:
    return Agent.objects.order_by("name").values_list("name", flat=True)
