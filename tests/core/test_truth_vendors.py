"""What services answer under a 200, in their own shapes and in many languages: failed or done."""

from typing import Any

import pytest

from policies.truth.assessment import CallSeen, judge
from policies.verdicts import Verdict

FAILED: list[tuple[str, Any]] = [
    ("charge_card", {"status": "requires_payment_method", "last_payment_error": {"code": "x"}}),
    ("update_order", {"data": {"updateOrder": {"userErrors": [{"message": "no such order"}]}}}),
    ("create_order", {"ret": -1, "msg": "busy"}),
    ("transfer", {"transactionStatus": "DECLINED"}),
    ("transfer", {"transaction": {"status": "FAILED"}}),
    ("create_page", {"@odata.error": {"code": "x", "message": "no"}}),
    ("cancel_order", {"cancelled": False}),
    ("send_email", {"accepted": [], "rejected": ["a@x"], "response": "no such user"}),
    ("send_email", "550 5.1.1 User unknown"),
    ("http_post", {"statusCode": 200, "body": '{"errorMessage": "boom", "errorType": "Bad"}'}),
    ("click", "### Result\nError: page.click: Timeout 5000ms exceeded."),
    ("retry_failed_jobs", {"status": "failed"}),
    ("create_order", "注文を作成できませんでした。"),
    ("create_order", "Не удалось создать заказ"),
    ("create_order", "Не вдалося створити замовлення"),
    ("create_order", "Die Bestellung konnte nicht angelegt werden."),
    ("create_order", "La commande n'a pas pu être créée."),
    ("create_order", "No se pudo crear el pedido: saldo insuficiente"),
    ("create_order", "Não foi possível criar o pedido."),
    ("create_order", "Non è stato possibile creare l'ordine."),
    ("create_order", "De bestelling kon niet worden geplaatst."),
    ("create_order", "Beställningen kunde inte skapas."),
    ("create_order", "Nie udało się utworzyć zamówienia."),
    ("create_order", "Objednávku se nepodařilo vytvořit, nepodařilo se."),
    ("create_order", "A rendelést nem sikerült létrehozni."),
    ("create_order", "주문을 생성하지 못했습니다."),
    ("create_order", "Sipariş oluşturulamadı."),
    ("create_order", "无法创建订单"),
    ("create_order", "系统繁忙，请稍后再试"),
    ("create_order", "Không thể tạo đơn hàng."),
    ("create_order", "Pesanan gagal dibuat."),
    ("create_order", "فشل إنشاء الطلب"),
]
DONE: list[tuple[str, Any]] = [
    ("read_log", "2026-01-01 ERROR connection refused\n2026-01-01 INFO ok"),
    ("reject_application", {"status": "rejected", "id": 3}),
    ("block_user", {"status": "blocked"}),
    ("create_order", {"userErrors": [], "order": {"id": 1}}),
    ("create_order", {"order": {"id": 1, "status": "open"}}),
    ("create_order", {"ret": 0, "msg": "ok"}),
    ("create_order", {"resourceType": "OperationOutcome", "issue": [{"severity": "information"}]}),
    ("add_note", {"note": "Customer says: Error 500, could not log in", "id": 4}),
    ("send_email", {"accepted": ["a@x"], "rejected": []}),
    ("get_payment", {"transaction": {"status": "FAILED"}}),
    ("http_post", {"statusCode": 200, "body": '{"id": 5, "error": null}'}),
    ("create_order", "订单创建成功，提交后无法取消"),
    ("create_order", "Erfolgreich gebucht, konnte nicht schneller gehen."),
    ("translate", "Не удалось создать заказ"),
]


@pytest.mark.parametrize(("tool", "result"), FAILED)
def test_a_failure_is_known_in_the_shape_or_language_of_whoever_says_it(
    tool: str, result: Any
) -> None:
    assert judge(CallSeen(tool, result)).verdict == Verdict.FAILED


@pytest.mark.parametrize(("tool", "result"), DONE)
def test_what_only_speaks_of_failure_is_none(tool: str, result: Any) -> None:
    assert judge(CallSeen(tool, result)).verdict == Verdict.SUCCEEDED


def test_an_outcome_that_holds_a_grave_issue_is_a_failure() -> None:
    issue = [{"severity": "information"}, {"severity": "error", "diagnostics": "no patient"}]
    outcome = {"resourceType": "OperationOutcome", "issue": issue}
    assert judge(CallSeen("create_order", outcome)).verdict == Verdict.FAILED
