"""Which signs are seen in records, lists, wrappers, messages and text, and how clearly."""

from typing import Any

import pytest

from policies.truth.sign import Sign
from tests.core.truth_signs import ACT, CONTENT, PROBE, READ, names, signs


class TestARecord:
    full = {"order_id": "1", "status": "failed", "a": 1, "b": 2, "c": 3, "d": 4}

    def test_is_six_fields_with_an_identity_from_a_tool_that_reads(self) -> None:
        assert "record" in names(self.full, READ)
        assert "item" not in names(self.full, READ)

    def test_of_fewer_fields_is_an_item(self) -> None:
        assert names({"id": 1, "a": 1, "b": 2}, READ) == ["item"]
        assert names({"id": 1, "a": 1, "b": 2, "c": 3, "d": 4}, READ) == ["item"]
        assert names({"id": 1, "a": 1}, READ) == []

    def test_has_an_identity(self) -> None:
        without = {**self.full, "order_id": None}
        del without["order_id"]
        assert not {"record", "item"} & set(names({**without, "e": 5}, READ))
        assert "record" not in names({**without, "request_id": "r"}, READ)
        assert "record" in names({**without, "createdAt": "r"}, READ)

    @pytest.mark.parametrize("tool", [ACT, "run_job", "translate"])
    def test_comes_from_a_tool_that_reads(self, tool: str) -> None:
        assert "record" not in names(self.full, tool)

    @pytest.mark.parametrize("tool", [PROBE, CONTENT])
    def test_comes_also_from_a_probe_and_from_a_reader_of_pages(self, tool: str) -> None:
        assert "record" in names(self.full, tool)


class TestAProcess:
    def test_that_wrote_only_errors_is_suspicious(self) -> None:
        assert signs({"stdout": "", "stderr": "boom"}) == [Sign("stderr_only", "boom")]
        assert signs({"stderr": "boom"}) == [Sign("stderr_only", "boom")]

    def test_that_wrote_both_or_nothing_is_not(self) -> None:
        assert signs({"stdout": "fine", "stderr": "warning: old"}) == []
        assert signs({"stdout": "", "stderr": ""}) == []


class TestAList:
    def test_of_one_error_is_a_failure(self) -> None:
        assert names([{"message": "name", "errorCode": "REQUIRED"}]) == ["error_field"]

    def test_tells_only_what_is_structure(self) -> None:
        assert names([{"status": "failed"}]) == []
        assert names([{"success": False}]) == ["refused_flag"]

    @pytest.mark.parametrize(
        "items",
        [
            [],
            [{"error": "a"}, {"error": "b"}],
            ["error: gone"],
            [{"error": "a", "id": 7}],
            [{"error": "a", "w": 1, "x": 2, "y": 3, "z": 4}],
        ],
        ids=["empty", "of several", "of text", "with an identity", "of many fields"],
    )
    def test_of_anything_else_is_rows(self, items: list[Any]) -> None:
        assert names(items) == []

    def test_is_opened_down_to_the_third_level(self) -> None:
        assert names([{"error": "a"}], depth=2) == ["error_field"]
        assert names([{"error": "a"}], depth=3) == []


class TestAWrapper:
    @pytest.mark.parametrize("name", ["result", "response", "data", "body", "payload", "meta"])
    def test_is_opened(self, name: str) -> None:
        assert names({name: {"error": "locked out"}}) == ["error_field"]

    def test_is_opened_down_to_the_third_level(self) -> None:
        def nested(levels: int) -> Any:
            return {"error": "a"} if not levels else {"data": nested(levels - 1)}

        assert names(nested(3)) == ["error_field"]
        assert names(nested(4)) == []

    def test_among_more_than_six_fields_is_somebodys_data(self) -> None:
        six = {"data": {"error": "a"}, **dict.fromkeys("bcdef", 1)}
        assert names(six) == ["error_field"]
        assert names({**six, "g": 1}) == []

    def test_is_opened_with_one_more_beside_it_and_no_third(self) -> None:
        bad = {"error": "a"}
        assert names({"meta": {"x": 1}, "data": bad}) == ["error_field"]
        assert names({"meta": {"x": 1}, "header": {"x": 1}, "data": bad}) == []
        assert names({"meta": {}, "header": {}, "data": bad}) == ["error_field"]

    def test_of_one_block_of_text_is_read_as_its_text(self) -> None:
        assert "opening" in names({"content": [{"type": "text", "text": "Error: gone"}]})
        assert names({"content": [{"type": "text", "text": 7}]}) == []
        assert names({"content": [{"text": "Error: gone"}, {"text": "b"}]}) == []
        assert names({"content": ["Error: gone"]}) == []

    def test_with_a_message_beside_it_is_what_counts(self) -> None:
        assert names({"message": "Order not found", "data": {"x": 1}}) == []


class TestAMessageInAnObject:
    def test_of_two_fields_is_all_there_is(self) -> None:
        assert names({"message": "Order not found"}) == [
            "not_found",
            "short_message",
            "only_message",
        ]
        assert "only_message" in names({"message": "Order not found", "a": 1})
        assert "only_message" not in names({"message": "Order not found", "a": 1, "b": 2})

    def test_is_read_among_four_fields_and_not_among_five(self) -> None:
        four = {"message": "Order not found", "a": 1, "b": 2, "c": 3}
        assert names(four) == ["not_found", "short_message"]
        assert names({**four, "d": 4}) == []

    def test_that_says_nothing_bad_is_not_only_a_message(self) -> None:
        assert names({"message": "Hello there"}) == []

    @pytest.mark.parametrize("name", ["msg", "detail", "reason", "statusText", "note"])
    def test_is_known_by_many_names(self, name: str) -> None:
        assert "not_found" in names({name: "Order not found"})

    @pytest.mark.parametrize("key", ["message", "msg"])
    def test_may_be_the_first_of_a_list(self, key: str) -> None:
        assert "not_found" in names({"messages": [{key: "Order not found"}]})
        assert names({"messages": [{key: "fine"}, {key: "Order not found"}]}) == []
        assert names({"messages": [{"text": "Order not found"}]}) == []
        assert names({"messages": ["Order not found"]}) == []

    def test_is_the_first_that_has_words(self) -> None:
        assert "not_found" in names({"message": "", "detail": "Order not found"})

    def test_beside_a_probes_yes_or_no_is_only_its_reason(self) -> None:
        assert names({"valid": False, "reason": "no such domain"}, PROBE) == []
        assert "not_found" in names({"valid": 0, "reason": "no such domain"}, PROBE)
        assert "not_found" in names({"valid": False, "reason": "no such domain"})

    def test_of_people_is_not_reading_in_an_object(self) -> None:
        quoted = {"message": "It is not working, the order failed"}
        assert "reading" not in names(quoted, CONTENT)
        assert "reading" in names(quoted["message"], CONTENT)

    def test_may_stand_under_the_name_of_an_answer(self) -> None:
        assert "not_found" in names({"output": "Order not found"})
        assert "not_found" in names({"response": "Order not found", "a": 1})
        assert names({"response": "Order not found", "a": 1, "b": 2}) == []
        assert names({"response": 7}) == []


class TestText:
    def test_is_opened_as_json_down_to_the_third_level(self) -> None:
        assert names('{"error": "gone"}', depth=2) == ["error_field"]
        assert names('{"error": "gone"}', depth=3) == ["error_word", "short_message"]

    def test_that_breaks_off_shows_its_end(self) -> None:
        text = '{"items": [{"name": "a long enough name to be shown only by its end"}, {"na'
        assert signs(text) == [Sign("truncated", text[-60:])]

    def test_that_is_nothing_says_nothing(self) -> None:
        assert signs("null") == signs("") == signs("  ") == []

    def test_of_a_page_is_not_read_as_a_message(self) -> None:
        page = "<html><body>Order not found</body></html>"
        assert names(page, CONTENT) == []

    @pytest.mark.parametrize("value", [None, 7, 0.5, True, False])
    def test_is_what_numbers_and_nothing_are_not(self, value: Any) -> None:
        assert signs(value) == []


class TestAPartThatIsAWreck:
    page = "<html><title>502 Bad Gateway</title></html>"

    def test_is_seen_under_any_name(self) -> None:
        assert signs({"rates": self.page}) == [Sign("page_inside", "502 Bad Gateway")]

    def test_is_looked_for_among_six_fields(self) -> None:
        six = {"rates": self.page, **dict.fromkeys("abcde", 1)}
        assert names(six) == ["page_inside"]
        assert names({**six, "f": 1}) == []

    def test_has_more_than_twenty_characters(self) -> None:
        assert names({"blob": "\x01" * 20}) == []
        assert names({"blob": "\x01" * 21}) == ["noise"]
