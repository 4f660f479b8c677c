"""`python -m console.stack.celery_worker …` is `celery …` with Django set up first, and held back until the tables are ready.

Celery would set Django up as well, but log a failure of that and go on without any task.
"""

import django
from celery.__main__ import main

from console.stack import gate

if __name__ == "__main__":
    django.setup()
    gate.wait()
    main()
