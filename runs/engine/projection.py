"""The columns of a run's row that repeat its state, so that lists of runs need no journal.

They are stored with each append and never computed in any other way.
"""

from collections.abc import Mapping

from runs.engine.limits import Estimate, estimate
from runs.engine.state import RunState
from runs.engine.vocabulary import RunPhase

COLUMNS = (
    "status",
    "waiting_for",
    "stop_reason",
    "stop_detail",
    "phase",
    "phase_at",
    "control",
    "step",
    "calls",
    "tool",
    "tokens_in",
    "tokens_out",
    "usd",
    "usd_unknown",
    "estimated",
    "saved",
    "reserved_tokens",
    "reserved_usd",
    "undone",
    "to_undo",
    "late",
    "leftover",
    "findings",
    "started_at",
    "ended_at",
    "wake_at",
    "active_seconds",
    "clock_since",
)

NOTHING = Estimate(0, 0, None)


def project(state: RunState) -> Mapping[str, object]:
    """Column → value, in the order of COLUMNS."""
    reserved = estimate(state) if state.phase is RunPhase.PLANNING else NOTHING
    return {
        "status": str(state.status),
        "waiting_for": str(state.waiting_for or ""),
        "stop_reason": str(state.stop_reason or ""),
        "stop_detail": state.stop_detail,
        "phase": str(state.phase),
        "phase_at": state.phase_at,
        "control": str(state.control),
        "step": state.step,
        "calls": state.calls,
        "tool": state.tool,
        "tokens_in": state.tokens_in,
        "tokens_out": state.tokens_out,
        "usd": state.usd,
        "usd_unknown": state.usd_unknown,
        "estimated": state.estimated,
        "saved": state.saved,
        "reserved_tokens": reserved.tokens,
        "reserved_usd": reserved.usd or 0,
        "undone": state.undone,
        "to_undo": state.to_undo,
        "late": state.late,
        "leftover": state.leftover,
        "findings": len(state.findings),
        "started_at": state.started_at,
        "ended_at": state.ended_at,
        "wake_at": state.wake_at,
        "active_seconds": state.active.total_seconds(),
        "clock_since": state.clock_since,
    }
