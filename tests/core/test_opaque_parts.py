"""What a model thought and did not say: kept with its turn, sent back to whoever made it, kept out
of everybody's sight who reads answers only.
"""

from dataclasses import replace
from decimal import Decimal

from console.pages import audit_words
from runs.engine import codec, events, outcomes, tokens
from runs.engine.actions import Plan
from runs.engine.context import FittedContext
from runs.engine.fold import folded
from runs.engine.limits import Estimate
from runs.engine.ports import ContextMessage, Opaque, PlannerTurn, Speaker, ToolCall, Usage
from runs.engine.vocabulary import Visibility
from runs.reading import story, timeline, transcript
from tests.core.run_log import Log
from tests.core.runs_in_memory import START, answering, calling, running, world

PARTS = {"message": {"reasoning_content": "Which order?"}, "calls": [{}]}
KEPT = Opaque("openai:r1 at http://h/v1", PARTS)
THOUGHT = replace(calling("read"), thought="", thinking="Which order?", opaque=KEPT)


def test_what_was_thought_is_recorded_before_the_turn_it_came_with() -> None:
    play = world([THOUGHT, answering("Done.")])
    play.live()
    kinds = [event.kind for event in play.journal if event.kind.startswith("step.")]
    assert kinds == ["step.reasoned", "step.planned", "step.planned"]
    reasoned = next(each for each in play.journal if isinstance(each, events.StepReasoned))
    assert (reasoned.step, reasoned.maker, reasoned.parts) == (1, KEPT.maker, PARTS)
    assert reasoned.visibility is Visibility.USER_HIDDEN


def test_it_stands_in_the_history_with_its_own_turn_alone() -> None:
    play = world([THOUGHT, replace(calling("read"), thought=""), answering("Done.")])
    state = play.live()
    said = [message for message in state.history if message.role is Speaker.ASSISTANT]
    assert [message.opaque for message in said] == [KEPT, None, None]
    assert [message.text for message in said] == ["", "", "Done."]
    assert state.opaque is None


def test_it_is_the_same_read_back_from_the_journal() -> None:
    play = world([THOUGHT, answering("Done.")])
    state = play.live()
    back = []
    for event in play.journal:
        columns, data = codec.encode(event)
        back.append(codec.decode(event.kind, columns, data))
    assert folded([event for event in back if event is not None]) == state


def test_a_final_answer_says_nothing_of_what_was_thought() -> None:
    play = world([replace(answering("Refunded."), thinking="They will never know.", opaque=KEPT)])
    play.live()
    visible = [event for event in play.journal if event.visibility is Visibility.VISIBLE]
    assert any(isinstance(event, events.StepPlanned) for event in visible)
    assert "never know" not in str(visible)
    assert "reasoning_content" not in str(visible)


def test_it_counts_as_a_part_of_the_context() -> None:
    plain = ContextMessage(Speaker.ASSISTANT, "", (ToolCall("a", "read", {}),))
    kept = replace(plain, opaque=Opaque("m", {"signature": "x" * 3_000}))
    assert tokens.of_message(kept) - tokens.of_message(plain) > 1_000


def logged(**data: object) -> Log:
    return Log().add("step.reasoned", data=data, step=1, actor="planner")


def test_operators_read_what_was_thought_as_thinking_and_never_as_words() -> None:
    found = logged(thinking="Which order?", maker="anthropic", parts=[1])
    (entry,) = transcript.entries(story.turns(found.stored))
    assert (entry.speaker, entry.where, entry.tone) == ("model", "step 1 · thinking", "quiet")
    assert entry.text is not None
    assert entry.text.head == "Which order?"
    assert timeline.rows(story.turns(found.stored), START) == []


def test_parts_without_words_are_shown_to_nobody() -> None:
    found = logged(thinking="", maker="anthropic", parts=[{"data": "xyz"}])
    assert transcript.entries(story.turns(found.stored)) == []


def test_the_audit_says_that_there_is_something_and_not_what() -> None:
    found = logged(thinking="Secret thought", maker="anthropic", parts=[1])
    said = audit_words.BY_KIND["step.reasoned"](found.stored[0].record)
    assert said == "what the model thought and did not say, kept for anthropic"


def test_usage_that_was_estimated_is_marked_on_its_event_and_on_the_run() -> None:
    guessed = Usage(900, 80, Decimal("0.5"), estimated=True)
    play = world([replace(calling("read"), usage=guessed), answering("Done.")])
    state = play.live()
    first = next(event for event in play.journal if isinstance(event, events.StepPlanned))
    assert first.estimated
    assert state.estimated
    assert not world([answering("Done.")]).live().estimated


def test_an_estimate_of_ours_corrects_no_estimate() -> None:
    state = replace(running(), scale=0.5)
    plan = Plan(FittedContext("", state, 1_000), Estimate(1_000, 100, None))
    for estimated, scale in ((False, 2.0), (True, 0.5)):
        turn = PlannerTurn(final="x", usage=Usage(2_000, 1, estimated=estimated))
        assert folded(outcomes.turned(state, plan, turn, START), state).scale == scale


def test_what_the_providers_cache_spared_is_added_up() -> None:
    saving = Usage(900, 80, Decimal("0.5"), cached=700, saved=Decimal("0.125"))
    turns = [replace(calling("read"), usage=saving), replace(answering(), usage=saving)]
    state = world(turns).live()
    assert (state.cached, state.saved) == (1_400, Decimal("0.250"))
