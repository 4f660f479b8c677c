"""The Celery app: nudges for runs, and the clock.

A message only says where to look; it may be lost, late or doubled.
"""

import os
import warnings
from pathlib import Path
from typing import Any

import celery
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.signals import worker_ready

from console.stack.places import READY_FILE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

# in a container there may be nobody but root; messages are JSON and carry ids only, so nothing in
# them can be run
warnings.filterwarnings(
    "ignore", message=r"\s*You're running the worker with superuser", category=SecurityWarning
)
# what Celery 6 will do with tasks at a lost connection is no matter here: a run belongs to whoever
# holds its lease
warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)

app = celery.Celery("signalbox")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def note_ready(**_facts: Any) -> None:
    """Tell whoever started this worker and waits that it takes messages now."""
    if file := os.environ.get(READY_FILE):
        Path(file).touch()
