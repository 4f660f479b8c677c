"""Whether the run makes progress: shows its events to the loop detector, and turns a finding into a
hint, a pause or the end.

A hint comes first, whatever the finding; only a run that goes on the same way afterwards is paused
or stopped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from policies.decision import ALLOWED, Decision, DecisionKind
from policies.loops import detector, sentences
from policies.loops.observations import RULE, CallObserved, Observation, OutsideWords, Said
from policies.thresholds.rows import Standards
from runs.engine import events as e
from runs.engine import tokens
from runs.engine.recall import RECALL
from runs.engine.state import RunState
from runs.engine.vocabulary import SUPERVISOR, Effect, Verdict

REPEAT_HINT_AFTER = 4
"""Steps before the planner is given the same hint again."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A result that is on its way to the database, with the detector's finding on it."""

    event: e.RunEvent
    seen: Observation
    before: detector.DetectorState
    after: detector.DetectorState
    decision: Decision


LET_GO_ON = (e.RunResumed, e.RunContinued)


class LoopWatch:
    """Folds a run's events for the detector. Keeps the last finding until the run has moved on from
    it.
    """

    def __init__(self, standards: Callable[[], Standards]) -> None:
        self.standards = standards
        self.state = detector.START
        self.said = ALLOWED
        self.hinted_at: int | None = None
        self._intents: dict[str, e.CallIntended] = {}
        self._names: list[str] = []
        self._recalled: dict[str, str] = {}
        self._previewed: Preview | None = None

    def preview(self, events: Sequence[e.RunEvent]) -> None:
        """Think about a result while it is being written, so that `observe` has it ready. Dropped
        when something else happens.
        """
        for event in events:
            if isinstance(event, e.CallReturned) and (seen := self._called(event)):
                after, said = detector.observe(self.state, seen, self.standards().loops)
                self._previewed = Preview(event, seen, self.state, after, said)

    def observe(self, events: Sequence[e.RunEvent]) -> None:
        for event in events:
            if isinstance(event, e.StepPlanned) and event.calls:
                continue  # its calls are
            if isinstance(event, LET_GO_ON) and event.actor != SUPERVISOR:
                self._begin_again()
            if isinstance(event, e.CallIntended):
                self._intents[event.call] = event
            elif isinstance(event, e.ContextCompacted):
                self._recalled.clear()
            elif isinstance(event, e.HintGiven) and event.rule.startswith(RULE):
                self.hinted_at = event.step
            if ready := self._ready(event):
                self.state, self.said = ready.after, ready.decision
                self._number(event, ready.seen)
            elif seen := self._seen(event):
                self.state, self.said = detector.observe(self.state, seen, self.standards().loops)
                self._number(event, seen)

    def _ready(self, event: e.RunEvent) -> "Preview | None":
        """What was thought of the event while it was being written, if nothing else was observed
        since.
        """
        previewed = self._previewed
        if previewed is None or previewed.event is not event:
            return None
        self._previewed = None
        return previewed if previewed.before is self.state else None

    def _number(self, event: e.RunEvent, seen: Observation) -> None:
        """Remember which call or step an observation is: findings give numbers, people
        want names.
        """
        if not isinstance(seen, OutsideWords):
            self._names.append(str(getattr(event, "call", getattr(event, "step", ""))))
        if isinstance(event, e.CallReturned):
            self._intents.pop(event.call, None)

    def _begin_again(self) -> None:
        """Forget what the run did so far, since a person let it go on."""
        self.state, self.said, self.hinted_at = detector.START, ALLOWED, None

    def _seen(self, event: e.RunEvent) -> Observation | None:
        match event:
            case e.RunCreated():
                return OutsideWords(event.goal)
            case e.CallDecided() | e.CallSettled() | e.RunResumed() | e.RunContinued():
                return OutsideWords(event.note) if event.note else None
            case e.CallReturned():
                return self._called(event)
            case e.CallRefused():
                # what a rule had to refuse counts as an act: hammering at it may end a run
                return CallObserved(
                    len(self._names), event.tool, event.args, event.sentence, failed=True, acts=True
                )
            case e.StepPlanned() if not event.calls:
                return Said(len(self._names), event.final or "")
            case e.HintGiven() if not event.rule.startswith(RULE):
                return OutsideWords(event.text)
        return None

    def _called(self, event: e.CallReturned) -> CallObserved | None:
        intent = self._intents.get(event.call)
        if intent is None or event.retry_at:
            return None
        if event.tool == RECALL and self._recalled_first(intent):
            return None
        text = tokens.result_text(event.result, event.error, "")
        failed, acts = event.verdict is Verdict.FAILED, intent.effect is not Effect.READ
        return CallObserved(
            len(self._names), event.tool, intent.args, text, failed=failed, acts=acts
        )

    def _recalled_first(self, intent: e.CallIntended) -> bool:
        """Whether this is recalled for the first time since older steps were folded. That is no
        loop; recalling it once more is.
        """
        asked = tokens.rendered(dict(intent.args))
        return self._recalled.setdefault(asked, intent.call) == intent.call

    def _in_steps(self, sentence: str, indices: Sequence[int]) -> str:
        """The sentence with steps as the run's page counts them; a step may have made several of
        the calls.
        """
        steps = dict.fromkeys(int(self._names[index].split(".")[0]) for index in indices)
        return sentence.replace(sentences.steps_of(indices), sentences.steps_of(tuple(steps)))

    @property
    def score(self) -> float:
        return self.state.score

    def decision(self, state: RunState) -> Decision:
        """The detector's last finding with the names of calls, as a decision: a hint first, and not
        too often.
        """
        if not self.said.sentence:
            return ALLOWED
        if self.hinted_at is None:
            return self._hint()
        if self.said.kind is DecisionKind.ALLOW:
            late = state.step - self.hinted_at >= REPEAT_HINT_AFTER
            return self._hint() if late else ALLOWED
        return self._named()

    def _hint(self) -> Decision:
        named = self._named()
        return replace(named, kind=DecisionKind.ALLOW, sentence=hint(named.sentence), reason=None)

    def _named(self) -> Decision:
        facts = self.said.facts
        calls = [self._names[index] for index in facts["indices"]]
        return replace(
            self.said,
            version=self.standards().loops_version,
            sentence=self._in_steps(self.said.sentence, facts["indices"]),
            facts={"kind": facts["kind"], "score": round(facts["score"], 2), "calls": calls},
        )


def hint(said: str) -> str:
    """The finding in the words that the planner reads."""
    return (
        f"[Supervisor: {said} Try something different, or give your final answer with what you"
        " have.]"
    )
