"""How many live sockets a session may hold and open: all pages of a person at once, no flood."""

from console.live import socket_budget
from console.live.socket_budget import SocketBudget

MOST = socket_budget.MOST_HELD


def opened(budget: SocketBudget, session: str, count: int, now: float = 0.0) -> int:
    return sum(budget.open(session, now) for _ in range(count))


def test_a_session_holds_so_many_sockets_and_no_more() -> None:
    budget = SocketBudget()
    assert opened(budget, "a", MOST + 5) == MOST
    later = 2 * socket_budget.PER
    assert not budget.open("a", later)
    budget.close("a")
    assert opened(budget, "a", 2, later) == 1


def test_one_after_the_other_is_a_flood_as_well() -> None:
    budget, most = SocketBudget(), socket_budget.MOST_OPENED
    for _ in range(most):
        assert budget.open("a", 0.0)
        budget.close("a")
    assert not budget.open("a", socket_budget.PER - 0.1)
    assert budget.open("a", socket_budget.PER)


def test_what_one_session_opens_costs_no_other_one_anything() -> None:
    budget = SocketBudget()
    opened(budget, "a", 1_000)
    assert opened(budget, "b", MOST) == MOST


def test_who_has_no_session_is_not_counted() -> None:
    budget = SocketBudget()
    assert opened(budget, "", 1_000) == 1_000
    budget.close("")


def test_sessions_that_somebody_made_up_are_not_remembered_for_good() -> None:
    budget = SocketBudget()
    opened(budget, "held", MOST)
    for number in range(2 * socket_budget.MOST_KNOWN):
        assert budget.open(f"made-up-{number}", 0.0)
        budget.close(f"made-up-{number}")
    assert len(budget._opened) <= socket_budget.MOST_KNOWN + 1
    assert not budget.open("held", 0.0)
