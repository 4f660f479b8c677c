"""Whether a person's session approval covers a call that needs an approval. Pure.

A rule that denies is asked before, and still denies.
"""

from policies.json_schema import equality_key
from runs.engine import events as e
from runs.engine import kept_calls
from runs.engine.kept_calls import SessionApproval
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct


def standing(state: RunState, asked: e.CallAsked) -> e.CallDecided | None:
    """The approval of a call by a session approval; None when the call must be put to a person."""
    grant = next((each for each in state.grants if covers(each, asked)), None)
    if grant is None:
        return None
    note = f"Session approval, {grant.used + 1} of {grant.limit}."
    return e.CallDecided(
        at=asked.at,
        actor=grant.by,
        person=grant.person,
        step=asked.step,
        tool=asked.tool,
        call=asked.call,
        word=AnswerAct.APPROVE,
        note=note,
        grant=grant.name,
    )


def covers(grant: SessionApproval, asked: e.CallAsked) -> bool:
    """Whether a session approval covers a call: its tool and arguments are equal, apart from the
    free arguments.

    An argument that came out of a tool's result is never free, and an effect that was had already
    is always a person's to decide on. So is a call that other people decide than were asked then:
    a larger amount under a stricter policy, or a policy that was edited meanwhile.
    """
    if (
        asked.facts.get("effect")
        or grant.used >= grant.limit
        or grant.tool != asked.tool
        or kept_calls.others_decide(kept_calls.deciders(asked.facts), grant.deciders)
        or (grant.free and asked.facts.get("tainted"))
    ):
        return False
    fixed = {name: value for name, value in asked.args.items() if name not in grant.free}
    given = {name: value for name, value in grant.args.items() if name not in grant.free}
    return equality_key.equal(fixed, given)
