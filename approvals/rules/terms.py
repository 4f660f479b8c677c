"""How a request is decided: groups and how many of each, stages, time, what expiry does. Pure;
defaults fill in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from approvals.rules.request_vocabulary import OnExpiry, RequestKind

GROUP = "approver"
ESCALATED_TO = "admin"
TTL = 30 * 60
MOST_QUORUM = 20
FAR = 10 * 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class ApprovalStage:
    """`quorum` different members of `group` have to agree."""

    group: str = GROUP
    quorum: int = 1


@dataclass(frozen=True, slots=True)
class Terms:
    """Stages are passed one after the other, and nobody counts twice. `ttl` is in seconds, None
    without a limit. `four_eyes`: whoever started the run may not answer. An escalated request
    starts over before `escalate_to`, with its whole time.
    """

    stages: tuple[ApprovalStage, ...] = (ApprovalStage(),)
    ttl: int | None = TTL
    on_expiry: OnExpiry = OnExpiry.DENY
    escalate_to: str = ESCALATED_TO
    four_eyes: bool = True

    def expires_at(self, asked: datetime) -> datetime | None:
        return asked + timedelta(seconds=self.ttl) if self.ttl else None

    def escalated(self, stage: int) -> "Terms":
        """The terms after an escalation from `stage`: one more and last stage, before another
        group, which the clock does not escalate again.
        """
        on_expiry = OnExpiry.DENY if self.on_expiry is OnExpiry.ESCALATE else self.on_expiry
        return replace(
            self,
            stages=(*self.stages[: stage + 1], ApprovalStage(self.escalate_to)),
            on_expiry=on_expiry,
        )


OF_A_CALL = Terms()
OF_A_STOP = Terms(ttl=None, four_eyes=False)
"""Terms of a request about a run that stands still (in doubt, a budget, a loop): nothing moves
meanwhile, so nothing need expire, and whoever started the run may answer.
"""
DEFAULTS: dict[RequestKind, Terms] = {
    RequestKind.CALL: OF_A_CALL,
    RequestKind.IN_DOUBT: OF_A_STOP,
    RequestKind.BUDGET: Terms(ttl=None),
    RequestKind.LOOP: OF_A_STOP,
    RequestKind.ACCEPTANCE: Terms(ttl=None),
    RequestKind.UNDO: OF_A_STOP,
}


def terms_of(kind: RequestKind, facts: Mapping[str, Any]) -> Terms:
    """The terms that a rule set for its requests (`facts["approval"]`), over the defaults of the
    kind. An impossible value becomes the default.
    """
    own = facts.get("approval")
    given: Mapping[str, Any] = own if isinstance(own, Mapping) else {}
    default = DEFAULTS[kind]
    return Terms(
        stages=stages(str(given.get("group") or ""), quorum(given.get("quorum"))),
        ttl=seconds(given["ttl"]) if "ttl" in given else default.ttl,
        on_expiry=one_of(given.get("on_expiry"), default.on_expiry),
        escalate_to=str(given.get("escalate_to") or default.escalate_to),
        four_eyes=bool(given.get("four_eyes", default.four_eyes)),
    )


def stages(groups: str, each: int) -> tuple[ApprovalStage, ...]:
    """The stages of `refunds, finance`, in that order, with `each` people in every one. Without a
    group it is the house's own.
    """
    return tuple(
        ApprovalStage(name, each) for part in groups.split(",") if (name := part.strip())
    ) or (ApprovalStage(GROUP, each),)


def quorum(value: object) -> int:
    return (
        min(max(value, 1), MOST_QUORUM)
        if isinstance(value, int) and not isinstance(value, bool)
        else 1
    )


def seconds(value: object) -> int | None:
    """Seconds; None, without a limit, for nothing and zero."""
    return min(int(value), FAR) if isinstance(value, int | float) and value > 0 else None


def one_of(value: object, default: OnExpiry) -> OnExpiry:
    return OnExpiry(value) if isinstance(value, str) and value in list(OnExpiry) else default
