"""`python -m console.stack.celery_command …` is `celery …` with Django set up first.

Celery would set Django up as well, but log a failure of that and go on without any task.
"""

import django
from celery.__main__ import main
from django.conf import settings

from console.live import keys
from console.stack import pooler

if __name__ == "__main__":
    django.setup()
    pooler.refuse_or_exit(settings.DATABASE_DSN)
    keys.clear(settings.REDIS_URL)
    main()
