"""When a run's judge is asked, and what follows on its word: hints first, then what the policy
says.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from policies.decision import ALLOWED, DecisionKind, StopReason
from policies.judge import rows
from policies.judge.rules import Closer, JudgeEnding, JudgeRule
from runs.engine import events as e
from runs.engine.state import RunState
from runs.engine.vocabulary import SUPERVISOR
from runs.supervision import judge_schedule
from runs.supervision.completion import AcceptanceChecker
from runs.supervision.judge_schedule import Judging

AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
OWN = {"name": "refund-desk", "planner": "openai:gpt-5", "base_url": "http://127.0.0.1:9"}
POLICY = JudgeRule("every-agent", version=3, every=10, hints=1)


class Policies:
    """The judge policy in force, as the test wants it."""

    def __init__(self) -> None:
        self.policy: JudgeRule | None = POLICY

    def __call__(self, _agent: str) -> JudgeRule | None:
        return self.policy


@pytest.fixture
def in_force(monkeypatch: pytest.MonkeyPatch) -> Policies:
    policies = Policies()
    monkeypatch.setattr(rows, "policy", policies)
    return policies


def judging(**snapshot: Any) -> Judging:
    kept = {**OWN, **snapshot}
    return Judging(kept, AcceptanceChecker(kept))


def word(
    closer: Closer, step: int = 10, sentence: str = "It asks the same again."
) -> e.JudgeAnswered:
    return e.JudgeAnswered(
        at=AT,
        step=step,
        closer=closer,
        rule="judge:every-agent",
        version=3,
        steps=10,
        sentence=sentence,
        model="gpt-5",
    )


def hint(rule: str = "judge:every-agent") -> e.HintGiven:
    return e.HintGiven(at=AT, actor=SUPERVISOR, step=10, text="Go back to the goal.", rule=rule)


# when it is asked


@pytest.mark.parametrize(
    ("step", "judged", "asked"),
    [(9, 0, False), (10, 0, True), (19, 10, False), (20, 10, True), (35, 10, True)],
)
def test_it_is_asked_so_many_steps_after_the_last_time(
    in_force: Policies, step: int, judged: int, asked: bool
) -> None:
    found = judging().inquiry(RunState(step=step, judged=judged, goal="Refund it"))
    assert (found is not None) is asked


def test_a_run_without_a_policy_is_asked_about_by_nobody(in_force: Policies) -> None:
    in_force.policy = None
    assert judging().inquiry(RunState(step=50)) is None


def test_the_question_carries_rule_version_and_bounds_of_its_policy(in_force: Policies) -> None:
    in_force.policy = replace(POLICY, max_tokens_out=90, timeout=7.0)
    found = judging().inquiry(RunState(step=10, goal="Refund it"))
    assert found is not None
    assert (found.rule, found.version) == ("judge:every-agent", 3)
    assert (found.max_tokens_out, found.timeout) == (90, 7.0)
    assert "Refund it" in found.question


# by which model


def test_without_a_model_of_its_own_the_judge_is_the_runs(in_force: Policies) -> None:
    found = judging(prompt="secret").inquiry(RunState(step=10))
    assert found is not None
    assert found.planner == {"planner": "openai:gpt-5", "base_url": "http://127.0.0.1:9"}


def test_a_run_that_goes_on_with_a_cheaper_model_is_judged_by_that(in_force: Policies) -> None:
    found = judging().inquiry(RunState(step=10, planner="openai:small"))
    assert found is not None
    assert found.planner["planner"] == "openai:small"


def test_prices_of_the_agents_model_are_none_of_another_ones(in_force: Policies) -> None:
    found = judging(price_in="1", key_header="x-key").inquiry(
        RunState(step=10, planner="openai:small")
    )
    assert found is not None
    assert "price_in" not in found.planner
    assert found.planner["key_header"] == "x-key"
    own = judging(price_in="1").inquiry(RunState(step=10, planner="openai:gpt-5"))
    assert own is not None
    assert own.planner["price_in"] == "1"


def test_the_agents_model_for_judging_is_asked_where_the_policy_names_none(
    in_force: Policies,
) -> None:
    tiers = {"judge": "openai:strict"}
    found = judging(tiers=tiers).inquiry(RunState(step=10, planner="openai:gpt-5"))
    assert found is not None
    assert found.planner == {"planner": "openai:strict", "base_url": "http://127.0.0.1:9"}
    in_force.policy = replace(POLICY, planner="openai:named")
    named = judging(tiers=tiers).inquiry(RunState(step=10))
    assert named is not None
    assert named.planner["planner"] == "openai:named"
    in_force.policy = POLICY
    scripted = judging(tiers=tiers, planner="scripted").inquiry(RunState(step=10))
    assert scripted is not None
    assert scripted.planner["planner"] == "openai:strict"


def test_a_judge_with_a_model_of_its_own_uses_none_of_the_runs_settings(in_force: Policies) -> None:
    in_force.policy = replace(POLICY, planner="anthropic:judge", key_variable="JUDGE_KEY")
    found = judging().inquiry(RunState(step=10))
    assert found is not None
    assert found.planner["planner"] == "anthropic:judge"
    assert (found.planner["base_url"], found.planner["key_variable"]) == ("", "JUDGE_KEY")


@pytest.mark.parametrize("snapshot", [{"planner": "scripted"}, {}])
def test_a_script_cannot_be_asked_what_it_thinks(
    in_force: Policies, snapshot: dict[str, str]
) -> None:
    kept = {"name": "demo", **snapshot}
    assert Judging(kept, AcceptanceChecker(kept)).inquiry(RunState(step=10)) is None


# what follows


def test_without_a_word_nothing_follows(in_force: Policies) -> None:
    assert judging().decision(RunState()) == ALLOWED


@pytest.mark.parametrize("closer", [Closer.YES, Closer.UNKNOWN])
def test_neither_does_it_on_a_yes_or_on_no_answer(in_force: Policies, closer: Closer) -> None:
    found = judging()
    found.observe([word(closer)])
    assert found.decision(RunState()) == ALLOWED


def test_the_first_no_is_a_hint_to_the_planner(in_force: Policies) -> None:
    found = judging()
    found.observe([word(Closer.NO)])
    said = found.decision(RunState())
    assert (said.kind, said.rule, said.version, said.reason) == (
        DecisionKind.ALLOW,
        "judge:every-agent",
        3,
        None,
    )
    assert said.sentence == (
        "[Supervisor: Judged by gpt-5, its last 10 steps brought it no closer to its goal: “It asks"
        " the same again”. Go back to the goal, or give your final answer with what you have.]"
    )


@pytest.mark.parametrize(
    ("ending", "kind"),
    [(JudgeEnding.PAUSE, DecisionKind.PAUSE), (JudgeEnding.STOP, DecisionKind.STOP)],
)
def test_the_next_no_ends_or_pauses_it_as_drifted(
    in_force: Policies, ending: JudgeEnding, kind: DecisionKind
) -> None:
    in_force.policy = replace(POLICY, ending=ending)
    found = judging()
    found.observe([word(Closer.NO), hint(), word(Closer.NO, step=20)])
    said = found.decision(RunState())
    assert (said.kind, said.reason) == (kind, StopReason.DRIFTED)
    assert said.sentence.endswith("It is the second no in a row.")
    assert said.facts["negative_verdicts"] == 2
    assert said.facts["at_step"] == 20


def test_as_many_hints_are_given_as_the_policy_grants(in_force: Policies) -> None:
    in_force.policy = replace(POLICY, hints=3)
    found = judging()
    kinds = []
    for step in (10, 20, 30, 40):
        found.observe([word(Closer.NO, step)])
        kinds.append(found.decision(RunState()).kind)
        found.observe([hint()])
    assert kinds == [*[DecisionKind.ALLOW] * 3, DecisionKind.PAUSE]


def test_what_was_said_already_is_not_said_again(in_force: Policies) -> None:
    found = judging()
    found.observe([word(Closer.NO), hint()])
    assert found.decision(RunState()) == ALLOWED
    assert found.negative_verdicts == 1


def test_a_hint_of_another_rule_does_not_stand_for_the_judges(in_force: Policies) -> None:
    found = judging()
    found.observe([word(Closer.NO), hint("loop-exact")])
    assert found.decision(RunState()).sentence.startswith("[Supervisor: Judged")


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        (word(Closer.YES), 0),
        (e.RunResumed(at=AT, actor="user:anna"), 0),
        (e.RunResumed(at=AT, actor=SUPERVISOR), 1),
        (word(Closer.UNKNOWN), 1),
    ],
)
def test_a_yes_and_a_persons_word_begin_the_count_anew(
    in_force: Policies, event: e.RunEvent, kept: int
) -> None:
    found = judging()
    found.observe([word(Closer.NO), hint(), event])
    assert found.negative_verdicts == kept


def test_a_policy_that_was_deleted_meanwhile_leaves_its_word_to_the_shipped_terms(
    in_force: Policies,
) -> None:
    in_force.policy = None
    found = judging()
    found.observe([word(Closer.NO), hint(), word(Closer.NO)])
    assert found.decision(RunState()).kind is DecisionKind.PAUSE


def test_a_judge_without_a_name_or_a_sentence_is_quoted_as_such() -> None:
    silent = replace(word(Closer.NO, sentence=""), model="")
    assert judge_schedule.sentence(silent) == (
        "Judged by a second model, its last 10 steps brought it no closer to its goal."
    )


@pytest.mark.parametrize(
    ("number", "said"), [(2, "second"), (3, "third"), (4, "4th"), (11, "11th")]
)
def test_how_many_times_in_a_row(number: int, said: str) -> None:
    assert judge_schedule.ordinal(number) == said
