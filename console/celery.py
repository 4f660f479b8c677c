"""The Celery app: nudges for runs, and the clock. A message only says where to look; it may be lost, late or doubled."""

import os

import celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

app = celery.Celery("signalbox")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
