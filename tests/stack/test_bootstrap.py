"""`manage.py` on a Python that has nothing: what it says in an environment that is not its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from console.stack import bootstrap, places
from tests.patience import PATIENCE


def test_an_activated_environment_is_told_what_to_do_and_left_as_it_is(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "theirs")],
        check=True,
        timeout=PATIENCE,
    )
    python = tmp_path / "theirs" / "bin" / "python"
    before = sorted(path.name for path in (tmp_path / "theirs").rglob("*"))
    done = subprocess.run(
        [python, "-B", "manage.py", "check"],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert f"{python} -m pip install -r requirements.txt" in done.stderr
    assert "nothing is installed into it" in done.stderr
    assert sorted(path.name for path in (tmp_path / "theirs").rglob("*")) == before


def test_what_was_installed_is_known_by_the_files_that_decide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("requirements.txt", ".constraints.txt", "tests/requirements.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("django==5.2.19\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    run, test = bootstrap._stamp(testing=False), bootstrap._stamp(testing=True)
    assert run != test
    (tmp_path / "tests" / "requirements.txt").write_text("pytest==9.2.0\n")
    assert bootstrap._stamp(testing=False) == run
    assert bootstrap._stamp(testing=True) != test
    (tmp_path / ".constraints.txt").write_text("attrs==26.1.0\n")
    assert bootstrap._stamp(testing=False) != run


def test_a_django_of_another_series_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"django": "3.2.19", "pytest": ""}
    monkeypatch.setattr(bootstrap, "_version", versions.__getitem__)
    assert not bootstrap._complete(testing=False)
    versions["django"] = "5.2.99"
    assert bootstrap._complete(testing=False)
    assert not bootstrap._complete(testing=True)


def test_an_old_python_gets_one_line() -> None:
    """As an old one would: manage.py is compiled before anything of it runs, so only its first
    lines may matter.
    """
    script = (
        "import sys; sys.version_info = (3, 8, 1, 'final', 0); import runpy;"
        " runpy.run_path('manage.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.stderr == "Signalbox needs Python 3.11 or newer; this is Python 3.8.\n"
    assert done.returncode == 1
