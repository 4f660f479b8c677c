"""`manage.py test`: what failed among others is tried once more alone, and said to be unsteady."""

from pathlib import Path

import pytest

from console.stack import places, testing

UNSTEADY = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_holds_the_second_time(number):
    seen = Path(__file__).with_name(f"seen-{{number}}")
    there = seen.exists()
    seen.touch()
    assert there and {holds}
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite of its own for `main`, in one process."""
    (tmp_path / ".pytest.ini").write_text("[pytest]\n")
    monkeypatch.setattr(places, "ROOT", tmp_path)
    plain = ("-p", "no:xdist", "-p", "no:django", "-q")
    monkeypatch.setattr(testing, "SIDE_BY_SIDE", plain)
    monkeypatch.setattr(testing, "AGAIN", (*plain, "--last-failed"))
    return tmp_path / "test_it.py"


def test_one_that_holds_alone_is_named_and_the_suite_holds(
    suite: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    suite.write_text(UNSTEADY.format(count=2, holds=True))
    assert testing.main([]) == 0
    said = capfd.readouterr().out
    assert "UNSTEADY test_it.py::test_holds_the_second_time[0]" in said
    assert "UNSTEADY test_it.py::test_holds_the_second_time[1]" in said


def test_one_that_fails_twice_fails(suite: Path, capfd: pytest.CaptureFixture[str]) -> None:
    suite.write_text(UNSTEADY.format(count=2, holds="number"))
    assert testing.main([]) == testing.FAILED
    said = capfd.readouterr().out
    assert "FAILED TWICE test_it.py::test_holds_the_second_time[0]" in said
    assert "UNSTEADY test_it.py::test_holds_the_second_time[1]" in said


@pytest.mark.parametrize(
    ("count", "arguments"), [(testing.FEW + 1, []), (1, [testing.ONCE]), (1, ["-v"])]
)
def test_many_are_not_tried_again_nor_is_what_was_asked_for_by_hand(
    suite: Path, capfd: pytest.CaptureFixture[str], count: int, arguments: list[str]
) -> None:
    suite.write_text(UNSTEADY.format(count=count, holds=True))
    assert testing.main(arguments) == testing.FAILED
    assert "UNSTEADY" not in capfd.readouterr().out
