"""A person's session approval: does one cover the call that is asked for?

Pure; a rule that denies is asked before, and still denies.
"""

from policies.json_schema import equality_key
from runs.engine import events as e
from runs.engine.state import RunState, SessionApproval
from runs.engine.vocabulary import AnswerAct


def standing(state: RunState, asked: e.CallAsked) -> e.CallDecided | None:
    """The decision that a session approval makes of a question;
    None when it must be put to a person."""
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
    """Whether a grant covers a call: its tool and its arguments are equal, but for the free ones.

    What came out of a tool's result is never free.
    """
    if (
        grant.used >= grant.limit
        or grant.tool != asked.tool
        or (grant.free and asked.facts.get("tainted"))
    ):
        return False
    fixed = {name: value for name, value in asked.args.items() if name not in grant.free}
    given = {name: value for name, value in grant.args.items() if name not in grant.free}
    return equality_key.equal(fixed, given)
