"""How signs are weighed: together, against the surest word, and against a schema of results."""

from typing import Any

import pytest

from policies.truth import assessment, sign
from policies.truth.schema import Unknowable, compiled
from policies.truth.sign import Sign, TruthThresholds
from policies.verdicts import Meaning, Outcome, Verdict

LIMITS = TruthThresholds()


class TestWeighing:
    def test_each_sign_counts_once_and_as_clear_as_it_was_seen(self) -> None:
        seen = [Sign("a", "late", 0.5), Sign("b"), Sign("a", "early", 1.0), Sign("a", "again", 0.7)]
        assert assessment.strongest(seen) == {"a": Sign("a", "early", 1.0), "b": Sign("b")}

    def test_of_two_as_clear_the_first_is_kept(self) -> None:
        assert assessment.strongest([Sign("a", "one"), Sign("a", "two")]) == {"a": Sign("a", "one")}

    def test_the_score_is_the_sum_of_the_weights_of_the_signs(self) -> None:
        told = assessment.judge(assessment.CallSeen("get_order", "Order not found"))
        assert told.signs == (("not_found", 1.0), ("short_message", 0.2))
        assert told.score == 1.2
        assert (told.verdict, told.rule) == (Verdict.FAILED, "not_found")

    @pytest.mark.parametrize(
        ("failed_at", "unknown_at", "verdict"),
        [
            (1.2, 0.5, Verdict.FAILED),
            (1.201, 0.5, Verdict.UNKNOWN),
            (2, 1.2, Verdict.UNKNOWN),
            (2, 1.201, Verdict.SUCCEEDED),
        ],
    )
    def test_a_score_on_the_line_is_past_it(
        self, failed_at: float, unknown_at: float, verdict: Verdict
    ) -> None:
        lines = LIMITS.edited({"failed_at": failed_at, "unknown_at": unknown_at})
        assert (
            assessment.judge(assessment.CallSeen("get_order", "Order not found"), lines).verdict
            is verdict
        )

    def test_a_success_says_so_and_keeps_what_was_weighed(self) -> None:
        told = assessment.judge(assessment.CallSeen("send_mail", "Message sent"))
        assert told == Meaning(
            Verdict.SUCCEEDED,
            "answer",
            "The call answered, and nothing in the answer speaks of failure.",
            score=-0.9,
            signs=(("success_word", -0.9),),
        )

    @pytest.mark.parametrize("name", sorted(sign.SENTENCES))
    def test_each_sign_of_structure_has_a_sentence_that_quotes(self, name: str) -> None:
        said = sign.sentence(Sign(name, "what\nwas found"))
        assert said.endswith(": what was found")
        assert name in sign.WEIGHTS

    def test_every_sign_of_failure_has_a_weight_above_zero(self) -> None:
        relief = {name for name, weight in sign.WEIGHTS.items() if weight < 0}
        assert relief == {
            "record", "item", "state_report", "reading", "trial",
            "success_word", "empty_answer", "success_flag", "fits_schema",
        }  # fmt: skip

    def test_what_is_changed_twice_is_changed_in_both(self) -> None:
        once = LIMITS.edited({"weights": {"not_found": 0.1}, "failed_at": 3})
        twice = once.edited({"weights": {"invalid": 0.2}})
        assert (twice.weights["not_found"], twice.weights["invalid"]) == (0.1, 0.2)
        assert (twice.failed_at, twice.unknown_at) == (3, 0.5)
        assert LIMITS.weights["not_found"] == 1.0

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"b": 1, "a": 1}, "not a threshold or sign of truth: a, b"),
            ({"weights": {"z": 1}, "c": 1}, "not a threshold or sign of truth: c, z"),
            ({"tail_chars": None, "head_chars": "x"}, "not a number: head_chars, tail_chars"),
            ({"failed_at": float("inf")}, "not a number: failed_at"),
            ({"unknown_at": 0}, "doubt must begin above zero and not after failure"),
            ({"failed_at": 0.4}, "doubt must begin above zero and not after failure"),
        ],
    )
    def test_nonsense_is_refused_in_full(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=f"^{message}$"):
            LIMITS.edited(changes)


class TestTheSurestWord:
    @pytest.mark.parametrize(
        ("outcome", "effect", "verdict", "rule", "sentence"),
        [
            (Outcome.ERROR, "read", Verdict.FAILED, "transport",
             "The call failed: no reason was given"),
            (Outcome.TIMEOUT, "read", Verdict.FAILED, "timeout",
             "The call did not answer in time; nothing was read."),
            (Outcome.TIMEOUT, "", Verdict.UNKNOWN, "no_answer",
             "The call did not answer, so nobody knows whether it happened."),
            (Outcome.CANCELLED, "read", Verdict.UNKNOWN, "no_answer",
             "The call did not answer, so nobody knows whether it happened."),
        ],
    )  # fmt: skip
    def test_is_the_transports(
        self, outcome: Outcome, effect: str, verdict: Verdict, rule: str, sentence: str
    ) -> None:
        seen = assessment.CallSeen(
            "t", {"ok": True}, outcome, effect=effect, check=Verdict.SUCCEEDED
        )
        assert assessment.judge(seen) == Meaning(verdict, rule, sentence)

    @pytest.mark.parametrize(
        ("check", "word"), [(Verdict.SUCCEEDED, "succeeded"), (Verdict.FAILED, "failed")]
    )
    def test_is_then_the_tools_own(self, check: Verdict, word: str) -> None:
        seen = assessment.CallSeen("t", {"error": "x"}, check=check, complaint=lambda _: "wrong")
        sentence = f"The tool's own check says that it {word}."
        assert assessment.judge(seen) == Meaning(check, "own_check", sentence)

    def test_is_then_the_schemas(self) -> None:
        told = assessment.judge(
            assessment.CallSeen("t", {"ok": True}, complaint=lambda _: "id is\nmissing")
        )
        assert told == Meaning(
            Verdict.FAILED,
            "output_schema",
            "The result is not what the tool promises: id is missing",
        )

    def test_a_result_that_keeps_its_promise_is_a_little_surer(self) -> None:
        def told(**facts: Any) -> Meaning:
            return assessment.judge(assessment.CallSeen("t", "Order not found", **facts))

        assert told().score - told(complaint=lambda _: None).score == pytest.approx(0.3)
        assert assessment.judge(
            assessment.CallSeen("t", None, complaint=lambda _: None)
        ) == Meaning(Verdict.SUCCEEDED, "empty", "Nothing came back.")

    def test_what_could_not_be_looked_into_is_unknown_unless_it_failed(self) -> None:
        def too_much(_: Any) -> str | None:
            raise Unknowable("it takes too long to check")

        told = assessment.judge(assessment.CallSeen("t", {"ok": True}, complaint=too_much))
        assert told == Meaning(
            Verdict.UNKNOWN,
            "output_schema",
            "Whether the result is what the tool promises cannot be said:"
            " it takes too long to check.",
        )
        failed = assessment.judge(assessment.CallSeen("t", {"error": "gone"}, complaint=too_much))
        assert (failed.verdict, failed.rule) == (Verdict.FAILED, "error_field")


class TestASchemaOfResults:
    def test_names_its_first_complaint(self) -> None:
        complaint = compiled({"type": "object", "required": ["id"]})
        assert complaint({"id": 1}) is None
        assert complaint({}) == "id is missing"
        assert complaint([]) == "the whole must be an object, not a list"

    @pytest.mark.parametrize(
        ("value", "why"),
        [
            (float("nan"), "its values must be a finite number, not nan"),
            ({"a": "\x00"}, "a holds a NUL character"),
            ({"a": ["\ud800"]}, "a[0] holds half of a surrogate pair, which is not text"),
            ([0] * 50_001, "its values are too large to be checked"),
        ],
    )
    def test_cannot_be_asked_about_what_no_database_takes(self, value: Any, why: str) -> None:
        with pytest.raises(Unknowable) as raised:
            compiled({})(value)
        assert str(raised.value) == why

    def test_cannot_be_asked_about_what_takes_too_long(self) -> None:
        complaint = compiled({"items": {"anyOf": [{"const": number} for number in range(60)]}})
        assert complaint([0] * 10) is None
        with pytest.raises(Unknowable, match="it takes too long to check"):
            complaint([59] * 5_000)

    def test_that_refers_to_elsewhere_is_a_complaint_or_refused_when_strict(self) -> None:
        schema = {"$ref": "https://example.com/s.json"}
        assert compiled(schema)({}) == (
            "the schema refers to https://example.com/s.json, which is not in it"
        )
        with pytest.raises(ValueError, match=r"^not a JSON Schema that can be used: "):
            compiled(schema, strict=True)
