"""The roof as a Django app. Importing the Celery app here makes tasks known wherever Django is set up."""

from django.apps import AppConfig

from console.celery import app as celery_app


class ConsoleConfig(AppConfig):
    name = "console"
    celery = celery_app

    def ready(self) -> None:
        # the rooms hold models, which cannot be imported before every app is known
        from console import wiring  # noqa: PLC0415

        wiring.join()
