"""What a run's row says of a worker that was lost with it. Pure."""

from runs.engine.vocabulary import RunStatus
from runs.models import Run

AT_WORK = (RunStatus.RUNNING, RunStatus.COMPENSATING)


def awaits_another(run: Run) -> bool:
    """Whether it was at work, its lease was given up for a worker that is gone, and nobody has
    taken it since.
    """
    given_up = run.lost_after and run.lease_expires_at and not run.lease_owner
    return bool(given_up and run.status in AT_WORK)


def taken_over(run: Run) -> str:
    """The worker that has it in hand after another was lost with it, as the host and its process,
    until it comes a step further; empty where it is not so.
    """
    after = run.lost_after and run.crashes and run.status in AT_WORK
    return run.lease_owner.partition("/")[0] if after else ""


def after_loss(run: Run) -> str:
    """What became of a run whose worker was lost; empty where none was, or it has gone on since."""
    if awaits_another(run):
        return "worker lost, waiting for another one"
    return f"worker lost, taken over by {owner}" if (owner := taken_over(run)) else ""
