"""The roof's own tasks."""

import logging

from celery import shared_task
from django.contrib.auth.models import User
from django.utils import timezone

from console.journal import sealing
from console.live import rounds
from runs import services

log = logging.getLogger(__name__)


@shared_task(name="console.seal", ignore_result=True)
def seal() -> None:
    """Sign where every chain of the journal stands."""
    rounds.go("seals", lambda: sealing.make(timezone.now()))


@shared_task(name="console.resume_halted", ignore_result=True)
def resume_halted(lever: int, username: str, note: str) -> None:
    """Let the runs go on that a lever had paused, once every worker knows that it was released."""
    person = User.objects.get_by_natural_key(username)
    resumed = services.resume_halted(lever=lever, actor=person, at=timezone.now(), note=note)
    log.info("lever %d: %d runs resumed", lever, resumed)
