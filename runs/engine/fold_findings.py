"""How findings of a reconciliation change a run: only what a person has to look into. Pure."""

from runs.engine import events as e
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold_runs import Changes, Folds
from runs.engine.state import RunState


def opened(state: RunState, event: e.FindingOpened) -> Changes:
    return {"findings": (*state.findings, event.finding)}


def closed(state: RunState, event: e.FindingClosed) -> Changes:
    if event.finding not in state.findings:
        raise IllegalMove(f"finding {event.finding} is not open")
    return {"findings": tuple(each for each in state.findings if each != event.finding)}


FOLDS: Folds = {
    e.FindingOpened: opened,
    e.FindingClosed: closed,
}
