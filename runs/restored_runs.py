"""The runs that were not over in a backup that was restored: what they have done since is not in
their journals, so their effects are in doubt from now on.
"""

from datetime import datetime

from django.db import transaction

from runs import run_rows
from runs.engine.events import RunRestored
from runs.engine.vocabulary import FINAL
from runs.models import Run


def mark(*, detail: str, at: datetime) -> int:
    """Put every run that is not over in doubt; gives how many."""
    with transaction.atomic():
        live = (
            Run.objects.exclude(status__in=list(FINAL)).order_by("id").values_list("pk", flat=True)
        )
        runs = list(live)
        for run in runs:
            run_rows.write(run_rows.locked(run), [RunRestored(at=at, detail=detail)], {})
    return len(runs)
