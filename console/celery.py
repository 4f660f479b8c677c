"""The Celery app: nudges for runs, and the clock. A message only says where to look; it may be lost, late or doubled."""

import os
import warnings

import celery
from celery.exceptions import SecurityWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

# in a container there may be nobody but root; messages are JSON and carry ids only, so nothing in them can be run
warnings.filterwarnings("ignore", message=r"\s*You're running the worker with superuser", category=SecurityWarning)

app = celery.Celery("signalbox")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
