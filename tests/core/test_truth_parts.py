"""Results in several parts, batches of which a part failed, work that was only accepted, and
failures in other languages.
"""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policies.truth import answer_parts, assessment, batch_outcomes, other_languages
from policies.truth.assessment import CallSeen, judge
from policies.truth.roles import ToolRole
from policies.truth.scan import ScanContext
from policies.verdicts import Meaning, Verdict

PICTURE = {"type": "image", "mimeType": "image/png", "data": {"$left_out": "binary content"}}
LINK = {"type": "resource_link", "uri": "file:///srv/list.txt", "name": "the list"}


def judged(result: Any, tool: str = "do_thing", effect: str = "") -> Meaning:
    return assessment.judge(assessment.CallSeen(tool, result, effect=effect))


def verdict(result: Any, tool: str = "do_thing", effect: str = "") -> Verdict:
    return judged(result, tool, effect).verdict


class TestParts:
    @pytest.mark.parametrize(
        "result",
        [
            ["Error: Operation failed", PICTURE],
            [PICTURE, "Error: Operation failed"],
            ["All is well.", "Error: the second part could not be read", PICTURE],
            [{"type": "text", "text": "Error: no such order"}, LINK],
            {"content": [{"type": "text", "text": "Error: gone"}, PICTURE]},
            ["Done: 12 rows.", '{"error": "the connection was lost"}', PICTURE],
            ["Traceback (most recent call last):\n  File \"a\"\nKeyError: 'a'", "done", LINK],
            ["Error: Operation failed", "and nothing else"],
        ],
    )
    def test_one_that_failed_is_not_mended_by_good_ones_beside_it(self, result: Any) -> None:
        assert verdict(result) is Verdict.FAILED

    @pytest.mark.parametrize(
        "result",
        [
            ["Here is the picture of the harbour.", PICTURE],
            [PICTURE, LINK],
            [{"type": "text", "text": "Saved."}, {"type": "text", "text": "It has 12 rows."}],
            {"content": [{"type": "text", "text": "Sent."}, PICTURE]},
        ],
    )
    def test_that_are_all_good_succeeded(self, result: Any) -> None:
        assert verdict(result) is Verdict.SUCCEEDED

    @pytest.mark.parametrize(
        "titles",
        [
            ["Not found", "The old mill"],
            ["How to fail", "Errors of our time"],
            ["denied", "granted"],
        ],
    )
    def test_a_list_of_words_is_somebodys_data(self, titles: list[str]) -> None:
        assert verdict(titles, "list_titles") is Verdict.SUCCEEDED

    @given(st.lists(st.one_of(st.none(), st.integers(), st.text(), st.just(PICTURE)), max_size=12))
    def test_are_texts_and_few(self, result: list[Any]) -> None:
        texts = answer_parts.texts_of(result)
        assert len(texts) <= answer_parts.MOST
        assert all(text in result for text in texts)
        assert not texts or len(result) > 1

    @given(st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=9))
    def test_of_one_result_are_none(self, one: Any) -> None:
        assert answer_parts.texts_of([one]) == []


class TestBatches:
    @pytest.mark.parametrize(
        "result",
        [
            "3 of 5 rows failed",
            "2 out of 40 messages could not be delivered",
            "1/12 records rejected",
            "Import finished: 4 succeeded, 1 failed.",
            "Import complete. Failed: 3, succeeded: 9",
            "Imported 3 of 5 rows.",
            {"succeeded": 3, "failed": 2},
            {"status": "ok", "processed": 5, "failed_count": 2},
            {"total": 5, "failed": [{"row": 3}]},
            {"results": [{"id": 1, "status": "ok"}, {"id": 2, "status": "error"}]},
            {"success": True, "items": [{"id": 1, "ok": True}, {"id": 2, "ok": False}]},
            [{"id": 1, "status": "sent"}, {"id": 2, "error": "mailbox full"}],
        ],
    )
    def test_of_which_a_part_failed_did_not_succeed(self, result: Any) -> None:
        assert verdict(result, "import_rows", "irreversible") is Verdict.FAILED

    @pytest.mark.parametrize(
        "result",
        [
            "0 of 5 rows failed",
            "Imported 5 of 5 rows.",
            "5 succeeded, 0 failed",
            {"succeeded": 5, "failed": 0},
            {"total": 5, "failed": []},
            {"results": [{"id": 1, "status": "ok"}, {"id": 2, "status": "ok"}]},
            {"failed": 2},
        ],
    )
    def test_that_were_done_succeeded(self, result: Any) -> None:
        assert verdict(result, "import_rows", "irreversible") is Verdict.SUCCEEDED

    @pytest.mark.parametrize(
        "result",
        [
            {"passed": 12, "failed": 3},
            {"results": [{"job": 1, "status": "failed"}, {"job": 2, "status": "ok"}]},
            [{"job": 1, "status": "failed"}, {"job": 2, "status": "ok"}],
        ],
    )
    def test_that_somebody_reads_about_are_data(self, result: Any) -> None:
        assert verdict(result, "list_jobs", "read") is Verdict.SUCCEEDED

    @example(failed=202, more=0)
    @given(st.integers(1, 10_000), st.integers(0, 10_000))
    def test_say_which_share_failed(self, failed: int, more: int) -> None:
        scan = ScanContext.of("import_rows", "irreversible", assessment.DEFAULTS)
        [sign] = batch_outcomes.signs_of_text(f"{failed} of {failed + more} rows failed", scan)
        assert (sign.name, scan.role) == ("partial", ToolRole.ACT)
        assert sign.quote == f"{failed} of {failed + more} rows failed"


class TestAcceptedWork:
    @pytest.mark.parametrize(
        "result",
        [
            "Your request was accepted for processing.",
            "The transfer is queued",
            "202 Accepted",
            "The export will be sent later.",
            "Import started; it is being processed",
            {"status": "accepted", "job_id": "j-7"},
            {"status": "queued", "taskId": 7},
            {"statusCode": 202},
        ],
    )
    def test_is_neither_done_nor_failed(self, result: Any) -> None:
        found = judged(result, "send_transfer", "irreversible")
        assert (found.verdict, found.rule) == (Verdict.UNKNOWN, "accepted")
        assert "nobody knows yet" in found.sentence

    @pytest.mark.parametrize(
        ("result", "tool", "effect"),
        [
            ({"status": "accepted", "order_id": 7}, "accept_order", "irreversible"),
            ({"status": "queued", "job_id": 7}, "get_job", "read"),
            ({"order_id": 7, "status": "pending"}, "create_order", "irreversible"),
            ("The transfer was sent.", "send_transfer", "irreversible"),
        ],
    )
    def test_is_told_from_what_was_done(self, result: Any, tool: str, effect: str) -> None:
        assert verdict(result, tool, effect) is Verdict.SUCCEEDED

    def test_that_failed_after_all_failed(self) -> None:
        result = {"status": "accepted", "job_id": 7, "error": "the account is closed"}
        assert verdict(result, "send_transfer", "irreversible") is Verdict.FAILED


class TestOtherLanguages:
    @pytest.mark.parametrize(
        "text",
        [
            "Fehler: Die Bestellung gibt es nicht",
            "Erreur : commande inconnue",
            "Ошибка: нет такого заказа",
            "错误：订单无效",
            "エラー: 注文が無効です",
            "Bestellung nicht gefunden",
            "Commande introuvable.",
            "Pedido no encontrado",
            "Ordine non trovato",
            "Pedido não encontrado",
            "Заказ не найден",
            "订单不存在",
            "注文が見つかりません",
            "Zugriff verweigert",
            "Accès refusé",
            "Acceso denegado",
            "Доступ запрещён",
            "Interner Serverfehler",
            "L'envoi a échoué",
        ],
    )
    def test_a_short_message_that_fails_is_a_failure(self, text: str) -> None:
        assert verdict(text, "get_order") is Verdict.FAILED

    @pytest.mark.parametrize(
        "title",
        ["Seite nicht gefunden", "Page introuvable", "Página no encontrada", "页面不存在",
         "Страница не найдена", "Accès refusé", "サーバーエラー"],
    )  # fmt: skip
    def test_the_title_of_a_page_tells_that_it_is_an_error(self, title: str) -> None:
        page = f"<!doctype html><html><head><title>{title}</title></head><body>{'x ' * 900}</body>"
        assert verdict(page, "fetch_page") is Verdict.FAILED
        assert verdict(page.replace(title, "Der Hafen"), "fetch_page") is Verdict.SUCCEEDED

    @pytest.mark.parametrize(
        "text",
        [
            "Die Bestellung ist unterwegs",
            "La commande est expédiée",
            "El pedido ha sido enviado",
            "订单已发货",
            "Заказ отправлен",
        ],
    )
    def test_a_good_message_stays_one(self, text: str) -> None:
        assert verdict(text, "get_order") is Verdict.SUCCEEDED

    def test_what_people_wrote_is_not_judged(self) -> None:
        assert verdict("Mein Koffer wurde nicht gefunden", "read_email") is Verdict.SUCCEEDED

    @given(st.text(max_size=400))
    def test_only_short_texts_are_looked_at(self, text: str) -> None:
        found = other_languages.failure_in(text)
        assert found in text
        assert not found or len(text) <= other_languages.LONGEST


class TestDataWithPartsBesideIt:
    @pytest.mark.parametrize(
        "result",
        [
            {"$structured": {"ok": False, "error": "card declined"}, "$parts": ["done"]},
            {"$structured": {"a": 1}, "$parts": ["Error: could not save"]},
            {"$structured": {"a": 1}, "$parts": [{"type": "image"}, "Error: could not save"]},
            {"$structured": {"result": {"error": "boom"}}, "$parts": ["done"]},
            [{"$odd": "an answer that has no content", "part": {"toolResult": {"error": "boom"}}}],
            [{"type": "resource", "resource": {"uri": "a:b", "text": "Error: disk full"}}],
            [{"type": "text", "text": "Error: disk full"}],
        ],
    )
    def test_is_judged_in_both_halves(self, result: object) -> None:
        assert judge(CallSeen("create_order", result)).verdict == Verdict.FAILED

    @pytest.mark.parametrize(
        "result",
        [
            {"$structured": {"id": 1}, "$parts": ["Ticket 1: crashes with error 500"]},
            {"$structured": {"id": 1}, "$parts": [{"type": "resource_link", "uri": "a:error"}]},
            [{"$odd": "its structured content is no object", "part": [1, 2]}],
            [{"type": "resource_link", "uri": "file:///error.log", "name": "error"}],
        ],
    )
    def test_that_only_names_a_failure_succeeded(self, result: object) -> None:
        assert judge(CallSeen("create_order", result)).verdict == Verdict.SUCCEEDED

    def test_that_is_a_task_still_at_work_is_undecided(self) -> None:
        task = {"task": {"taskId": "t1", "status": "working"}}
        seen = CallSeen("create_order", [{"$odd": "an answer that has no content", "part": task}])
        assert judge(seen).rule == "accepted"
