"""A variable that says what it cannot mean is named in one sentence, before anything is started."""

import re
from pathlib import Path

import pytest

from console import environment_values
from console.environment_values import NotAValue
from console.stack import options, places

SETTINGS = (places.ROOT / "console/settings.py").read_text(encoding="utf-8")
PAGE = (places.ROOT / "console/docs/settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("said", ["two", "1.5", "-1", "101", "nan", "inf", "1e999", "0x1"])
def test_a_whole_number_that_it_cannot_mean_is_named_with_what_it_takes(said: str) -> None:
    with pytest.raises(
        NotAValue, match=f"SIGNALBOX_PROXIES says '{said}': it takes a whole number from 0 to 100"
    ):
        environment_values.check({"SIGNALBOX_PROXIES": said})


@pytest.mark.parametrize("said", ["nan", "-0.5", "inf", "soon"])
def test_seconds_that_no_clock_knows_are_no_seconds_to_hold_an_answer_back(said: str) -> None:
    with pytest.raises(NotAValue, match="SIGNALBOX_DECISION_HOLD"):
        environment_values.check({"SIGNALBOX_DECISION_HOLD": said})


def test_a_number_that_is_missing_or_empty_is_the_usual_one() -> None:
    for environment in ({}, {"SIGNALBOX_RUNS_POOL": ""}, {"SIGNALBOX_RUNS_POOL": " "}):
        assert environment_values.whole("SIGNALBOX_RUNS_POOL", environment) == 6
    assert environment_values.number("SIGNALBOX_IDLE_HOURS", {"SIGNALBOX_IDLE_HOURS": "0.5"}) == 0.5


def test_the_level_of_the_log_may_be_in_small_letters_and_is_one_of_five() -> None:
    assert environment_values.log_level({"SIGNALBOX_LOG": "debug"}) == "DEBUG"
    assert environment_values.log_level({}) == "INFO"
    with pytest.raises(NotAValue, match="it takes one of DEBUG, INFO, WARNING, ERROR, CRITICAL"):
        environment_values.check({"SIGNALBOX_LOG": "loud"})


@pytest.mark.parametrize("said", ["", "abc", "tcp://10.0.0.1:8000", "70000", "0"])
def test_a_port_of_the_environment_is_read_only_where_no_option_says_one(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("PORT", said)
    assert options.parse(["--port", "8123"]).port == 8123
    if said:
        with pytest.raises(NotAValue, match="PORT says"):
            options.parse([])
    else:
        assert options.parse([]).port == 8000


def test_the_settings_read_no_number_by_themselves() -> None:
    assert not re.search(r"(int|float)\(os\.environ", SETTINGS)


def test_what_is_usual_stands_in_the_docs() -> None:
    for name, bounds in environment_values.NUMBERS.items():
        if name.startswith("SIGNALBOX_") and "DEMO" not in name:
            assert re.search(rf"`{name}`.*\b{bounds.usual:g}\b", PAGE), name


def test_a_secret_key_that_was_cut_off_is_neither_used_nor_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIGNALBOX_DATA", str(tmp_path))
    monkeypatch.delenv("SECRET_KEY", raising=False)
    (tmp_path / places.KEY).touch()
    with pytest.raises(places.NoKey, match=r"secret_key is empty: put back the copy"):
        places.secret_key()
    (tmp_path / places.KEY).unlink()
    assert len(places.secret_key()) > 50
