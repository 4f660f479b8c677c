"""The roof as a Django app. Importing the Celery app here makes tasks known wherever Django is set up."""

from django.apps import AppConfig

from console.celery import app as celery_app


class ConsoleConfig(AppConfig):
    name = "console"
    celery = celery_app
