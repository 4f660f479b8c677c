"""`python -m console.stack.celery_command …` is `celery …` with Django set up first.

Celery would set Django up as well, but log a failure of that and go on without any task. It would
also run Django's checks, which take a third of a start, and not look at what they found.
"""

import os

import django
from celery.__main__ import main
from django.conf import settings

from console.live import keys
from console.stack import pooler

UNCHECKED = "CELERY_SKIP_CHECKS"

if __name__ == "__main__":
    os.environ[UNCHECKED] = "1"
    django.setup()
    pooler.refuse_or_exit(settings.DATABASE_DSN)
    keys.clear(settings.REDIS_URL)
    main()
