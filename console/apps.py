"""The roof as a Django app. Importing the Celery app here makes tasks known wherever Django is set up."""

from typing import Any

from celery.signals import worker_shutting_down
from django.apps import AppConfig

from console.celery import app as celery_app


class ConsoleConfig(AppConfig):
    name = "console"
    celery = celery_app

    def ready(self) -> None:
        # the rooms hold models, which cannot be imported before every app is known
        from console import wiring  # noqa: PLC0415
        from runs.runtime import work  # noqa: PLC0415

        def drain(**_facts: Any) -> None:
            """For the worker that was asked to end."""
            work.drain()

        wiring.join()
        worker_shutting_down.connect(drain, weak=False)
