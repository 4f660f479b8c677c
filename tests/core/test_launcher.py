"""The launcher's parts that need no server: what it refuses, its options, what it prints."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.stack import (
    command_line,
    options,
    places,
    session,
)
from console.stack.console_output import ConsoleOutput
from console.stack.roster import Roster
from tests.patience import PATIENCE


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_windows_is_told_in_one_sentence_where_it_runs() -> None:
    begun = "import runpy, sys; sys.platform = 'win32'; sys.argv = ['manage.py', 'up'];"
    done = subprocess.run(
        [sys.executable, "-c", f"{begun} runpy.run_path('manage.py', run_name='__main__')"],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Signalbox runs on Linux and macOS; on Windows, run it inside WSL."
    ]


def manage(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    hidden = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}
    return subprocess.run(
        [sys.executable, str(places.ROOT / "manage.py"), *words],
        env={name: value for name, value in os.environ.items() if name not in hidden}
        | {"SIGNALBOX_DATA": str(folder)},
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("words", [("signin_link", "admin"), ("journal", "verify"), ("shell",)])
def test_a_command_for_a_folder_without_a_console_says_how_to_name_the_one_that_is_meant(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    folder = tmp_path / "data"
    done = manage(folder, *words)
    assert done.returncode == 1
    assert done.stderr == (
        f"signalbox: no console was made in {folder}: name the folder that `up --data` was given"
        " in SIGNALBOX_DATA, or begin one here with `python3 manage.py up`\n"
    )
    assert not folder.exists()


def test_where_no_console_was_made_what_reads_none_of_it_still_answers(tmp_path: Path) -> None:
    policies, calls = tmp_path / "policies.json", tmp_path / "calls.json"
    for file in (policies, calls):
        file.write_text("[]")
    for words in (
        ("docs", "operating"),
        ("policy", "test", str(calls), "--policies", str(policies)),
    ):
        assert manage(tmp_path / "data", *words).returncode == 0
    assert not (tmp_path / "data" / "postgres").exists()


def test_whatever_makes_the_tables_itself_may_begin_a_database() -> None:
    makes = {
        path.stem
        for path in (places.ROOT / "console/management/commands").glob("*.py")
        if 'call_command("migrate"' in path.read_text(encoding="utf-8")
    }
    assert "replay" in makes
    assert makes <= command_line.MAKING | command_line.ON_THEIR_OWN


@pytest.mark.parametrize("words", [["fleet", "--json"], ["--json", "fleet"]])
def test_a_large_set_stays_wherever_its_bench_is_named(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(session, "private", lambda **facts: asked.append(facts))
    monkeypatch.setenv("SIGNALBOX_BENCH_DATA", "/data/sets")
    command_line._services("bench", words)
    command_line._services("bench", ["--json", "steps"])
    command_line._services("bench", ["pages", "--only", "fleet"])
    assert asked == [{"durable": False, "kept": Path("/data/sets")}, {}, {}]


def test_lines_carry_their_names_and_no_terminal_codes_of_strangers() -> None:
    out = io.StringIO()
    ConsoleOutput(out).line("worker", "a goal with \x1b[2J an escape\r\n")
    assert out.getvalue()[9:] == "worker    a goal with [2J an escape\n"


def test_colours_only_on_a_terminal_that_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    wanting = Terminal()
    ConsoleOutput(wanting).say("hello")
    assert "\x1b[1m" in wanting.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    declining = Terminal()
    ConsoleOutput(declining).say("hello")
    assert "\x1b" not in declining.getvalue()


def test_options_have_defaults_and_refuse_nonsense(capsys: pytest.CaptureFixture[str]) -> None:
    assert options.parse(["--port", "8123", "--no-demo"]) == options.Options(
        port=8123, data="", demo=False, workers=1, slots=100
    )
    with pytest.raises(SystemExit):
        options.parse(["--workers", "0"])
    assert "must be at least 1" in capsys.readouterr().err
    for port in ("0", "-1", "99999"):
        with pytest.raises(SystemExit):
            options.parse(["--port", port])
        assert "must be between 1 and 65535" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said", "embedded", "wanted"),
    [
        ([], {}, True, True),
        ([], {}, False, False),
        ([], {"SIGNALBOX_DEMO": "1"}, False, True),
        ([], {"SIGNALBOX_DEMO": "0"}, True, False),
        (["--demo"], {}, False, True),
        (["--no-demo"], {"SIGNALBOX_DEMO": "1"}, True, False),
    ],
)
def test_the_demo_is_for_the_embedded_database_or_for_whoever_asks(
    arguments: list[str], said: dict[str, str], embedded: bool, wanted: bool
) -> None:
    assert options.demo_wanted(options.parse(arguments), embedded, said) is wanted


def test_the_clock_remembers_its_schedule_in_no_file() -> None:
    clock = Roster(options.parse([]), {}).beat()
    assert clock.argv[clock.argv.index("--scheduler") + 1] == "celery.beat:Scheduler"
    assert not {"-S", "--statedb", "-s", "--schedule"} & set(clock.argv)
