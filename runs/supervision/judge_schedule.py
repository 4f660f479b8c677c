"""When a run's judge is asked, and what follows on its answers: first hints, then a pause or the
end as drifted.

Costs one look at the policies in a step that needs no judge.
"""

from collections.abc import Mapping, Sequence

from console import figures
from console.json_value import Json
from policies.acceptance import CriterionCheck
from policies.decision import ALLOWED, Decision, DecisionKind, StopReason
from policies.judge import rows, rules
from policies.judge.rules import Closer, JudgeEnding, JudgeRule
from policies.routing.rules import JUDGE
from runs.engine import events as e
from runs.engine.ports import Inquiry
from runs.engine.state import RunState
from runs.engine.vocabulary import SUPERVISOR
from runs.planners.another import ABOUT_MODELS, with_planner
from runs.snapshots import SCRIPTED_JUDGE, SHADOW
from runs.supervision import account
from runs.supervision.completion import AcceptanceChecker

RULE = "judge:"
GOAL, CRITERION = 2_000, 240
SCRIPTED = "scripted"
STAGED = JudgeRule("incident", every=4)
ENDINGS = {JudgeEnding.PAUSE: DecisionKind.PAUSE, JudgeEnding.STOP: DecisionKind.STOP}
HEARD = frozenset({e.JudgeAnswered, e.RunResumed, e.RunContinued, e.HintGiven, e.RunPaused})


class Judging:
    """Folds a run's events for its judge: how many negative answers in a row, and the one that
    nothing has followed on yet.
    """

    def __init__(self, snapshot: Mapping[str, Json], acceptance_checker: AcceptanceChecker) -> None:
        self.snapshot, self.acceptance_checker = snapshot, acceptance_checker
        self.agent = str(snapshot.get("name", ""))
        self.negative_verdicts = 0
        self.open: e.JudgeAnswered | None = None
        self.script = str(snapshot.get(SCRIPTED_JUDGE, "")) if SHADOW in snapshot else ""

    def observe(self, events: Sequence[e.RunEvent]) -> None:
        for event in events:
            if type(event) in HEARD:
                self._hear(event)

    def _hear(self, event: e.RunEvent) -> None:
        match event:
            case e.JudgeAnswered(closer=Closer.NO):
                self.negative_verdicts, self.open = self.negative_verdicts + 1, event
            case e.RunResumed(actor=actor) if actor == SUPERVISOR:
                return
            case e.JudgeAnswered(closer=Closer.YES) | e.RunResumed() | e.RunContinued():
                self.negative_verdicts, self.open = 0, None
            case e.HintGiven() | e.RunPaused() if event.rule.startswith(RULE):
                self.open = None

    def inquiry(self, state: RunState) -> Inquiry | None:
        """The question to ask now; None when it is not time."""
        policy = self.policy()
        if (
            policy is None
            or state.step - state.judged < policy.every
            or not (planner := self.planner(policy, state))
        ):
            return None
        done = [
            {
                "name": check.name,
                "met": check.passed,
                "says": figures.line(check.sentence, CRITERION),
            }
            for check in self.checks(state)
        ]
        steps = account.steps(state.history, state.step, policy.every)
        return Inquiry(
            rule=f"{RULE}{policy.name}",
            version=policy.version,
            steps=len(steps),
            planner=planner,
            task=rules.TASK,
            question=rules.question(figures.line(state.goal, GOAL), done, steps),
            max_tokens_out=policy.max_tokens_out,
            timeout=policy.timeout,
        )

    def policy(self) -> JudgeRule | None:
        """The policy by which the run is judged. An incident brings its own where none is in
        force.
        """
        return rows.policy(self.agent) or (STAGED if self.script else None)

    def checks(self, state: RunState) -> Sequence[CriterionCheck]:
        return self.acceptance_checker.checks(state, state.proposed)

    def planner(self, policy: JudgeRule, state: RunState) -> Mapping[str, Json]:
        """The judge's model as planners are told of one: the policy's, else the agent's for
        judging, else the one that the run is planned by; empty where that is none.
        """
        if self.script:
            return {"planner": SCRIPTED, "script": self.script}
        if policy.planner:
            return {
                "planner": policy.planner,
                "base_url": policy.base_url,
                "key_variable": policy.key_variable,
                "price_in": policy.price_in,
                "price_out": policy.price_out,
            }
        tiers = self.snapshot.get("tiers") or {}
        told = {key: self.snapshot[key] for key in ABOUT_MODELS & self.snapshot.keys()}
        own = with_planner(told, str(tiers.get(JUDGE) or state.planner))
        return {} if own.get("planner", SCRIPTED) == SCRIPTED else own

    def decision(self, state: RunState) -> Decision:
        """What follows on the last negative answer: after as many hints as the policy grants the
        run pauses, or ends.
        """
        found = self.open
        if found is None:
            return ALLOWED
        policy = self.policy() or JudgeRule(name=found.rule.removeprefix(RULE))
        facts: dict[str, Json] = {
            "judge": found.model,
            "said": found.sentence,
            "at_step": found.step,
            "steps": found.steps,
            "negative_verdicts": self.negative_verdicts,
        }
        if self.negative_verdicts <= policy.hints:
            return Decision(DecisionKind.ALLOW, found.rule, found.version, hint(found), facts)
        said = f"{sentence(found)} It is the {ordinal(self.negative_verdicts)} no in a row."
        kind = ENDINGS[policy.ending]
        return Decision(kind, found.rule, found.version, said, facts, StopReason.DRIFTED)


def sentence(found: e.JudgeAnswered) -> str:
    why = f": “{found.sentence.rstrip('.')}”." if found.sentence else "."
    return (
        f"Judged by {found.model or 'a second model'}, its last {found.steps} steps brought it no"
        f" closer to its goal{why}"
    )


def hint(found: e.JudgeAnswered) -> str:
    """The judge's negative answer in the words that the planner reads."""
    return (
        f"[Supervisor: {sentence(found)} Go back to the goal, or give your final answer with what"
        " you have.]"
    )


def ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
