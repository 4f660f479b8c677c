"""The demo's clock: looks every few seconds whether the stage has room for a run, or something to
clear. Only while the demo is on.
"""

import random

from celery import shared_task
from django.conf import settings

from console.journal import database_clock
from console.live import rounds
from runs.demo import demo_runs

EVERY_SECONDS = 4.0


@shared_task(name="demo.tend", ignore_result=True)
def tend() -> None:
    """Look once whether there is room for a run, or something to clear."""
    if settings.DEMO:
        rounds.go("demo", look)


def look() -> None:
    demo_runs.clear(at=database_clock.now())
    demo_runs.tend(at=database_clock.now(), dice=random.Random())  # noqa: S311 - which run next
