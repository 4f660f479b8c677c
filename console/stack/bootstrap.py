"""Makes sure the packages are there before anything else is imported: builds `.venv`, installs,
goes on inside it.

Standard library only. An environment that somebody else made or activated is used as it is and
never changed.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from console.stack import own_apps

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / ".signalbox"
TESTING = frozenset({"test", "verify"})


def prepare(arguments: Sequence[str]) -> None:
    """Return when this interpreter has what the command needs; else go on in `.venv`, or exit with
    one clear line.
    """
    testing = bool(arguments) and arguments[0] in TESTING
    if _inside(VENV) and _is_ours():
        _install_when_changed(testing)
        for file in own_apps.needs(os.environ):
            _install_own(file)
    elif _activated():
        if not _complete(testing):
            _explain(testing)
    elif not _complete(testing):
        _make_environment()
        _go_on_inside(arguments)


def _inside(folder: Path) -> bool:
    return Path(sys.prefix).resolve() == folder.resolve()


def _is_ours() -> bool:
    return STAMPS.is_dir()


def _activated() -> bool:
    """Whether this is a virtual environment, or a conda environment other than its base."""
    conda = os.environ.get("CONDA_PREFIX")
    in_conda = (
        bool(conda)
        and Path(sys.prefix) == Path(str(conda))
        and os.environ.get("CONDA_DEFAULT_ENV") != "base"
    )
    return sys.prefix != sys.base_prefix or in_conda


def _complete(testing: bool) -> bool:
    """Whether this interpreter has Django of the pinned series (a distribution's own may be years
    old) and, for tests, what runs them.
    """
    return _version("django").startswith(_pinned_series()) and (
        not testing or all(map(_version, ("pytest", "pytest-xdist")))
    )


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _pinned_series() -> str:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pin = next(line.partition("==")[2] for line in lines if line.startswith("django=="))
    return pin.rpartition(".")[0] + "."


def _explain(testing: bool) -> NoReturn:
    file = _requirements(testing)
    sys.exit(
        f"This environment ({sys.prefix}) lacks packages, and it is yours, so nothing is installed"
        f" into it.\nEither: {sys.executable} -m pip install -r {file}\nOr leave it (deactivate)"
        " and run the same command again: an own environment is made in .venv."
    )


def _requirements(testing: bool) -> str:
    return "tests/requirements.txt" if testing else "requirements.txt"


def _make_environment() -> None:
    VENV.mkdir(exist_ok=True)
    with _alone():
        if not PYTHON.exists() or not (_is_ours() or _has_django()):
            _say(
                "making an environment in .venv (Python"
                f" {sys.version_info.major}.{sys.version_info.minor})"
            )
            _make_empty()
        if not _has_django():
            # it is ours: what belongs into it, its own Python sees to once it is inside
            STAMPS.mkdir(exist_ok=True)


def _make_empty() -> None:
    if uv := shutil.which("uv"):
        _run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(VENV)])
    else:
        _run([sys.executable, "-m", "venv", str(VENV)])


def _has_django() -> bool:
    """Whether `.venv` has Django. An environment that somebody filled by hand is used as it is."""
    return any(VENV.glob("lib/python*/site-packages/django/__init__.py"))


def _install_when_changed(testing: bool) -> None:
    if _stamp(testing=testing) not in _stamps():
        with _alone():
            _install_unless_stamped(testing)


def _install_unless_stamped(testing: bool) -> None:
    stamp = _stamp(testing=testing)
    if stamp in _stamps():
        return
    file = _requirements(testing)
    _say(f"installing {file} with {_installer()}; the first time this takes a minute")
    _run([*_installing(), "-r", file])
    # what is installed for the tests is enough for everything
    kept = {stamp} | ({_stamp(testing=False)} if testing else set())
    (STAMPS / "installed").write_text("\n".join(sorted(kept)) + "\n")


def _install_own(file: Path) -> None:
    """Install what a team's own apps need, never in another version than the console needs itself.
    When a package cannot be had, the app that misses it is named and left out, and all others go
    on.
    """
    stamp = hashlib.sha256(file.read_bytes() + (ROOT / ".constraints.txt").read_bytes()).hexdigest()
    with _alone():
        if stamp in _stamps():
            return
        _say(f"installing {file} with {_installer()}")
        if _done([*_installing(), "-r", str(file), "-c", ".constraints.txt"]):
            (STAMPS / "installed").write_text("\n".join(sorted({*_stamps(), stamp})) + "\n")
        else:
            _say(f"{file} could not be installed; going on without what is in it")


def _installer() -> str:
    return "uv" if shutil.which("uv") else "pip"


def _installing() -> list[str]:
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--no-input"]
    return [*pip, "--disable-pip-version-check"]


def _stamp(*, testing: bool) -> str:
    """A text that changes whenever a file changes that decides what is installed."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {testing}".encode())
    for name in (
        "requirements.txt",
        ".constraints.txt",
        *(["tests/requirements.txt"] if testing else []),
    ):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _stamps() -> frozenset[str]:
    file = STAMPS / "installed"
    return frozenset(file.read_text(encoding="utf-8").split()) if file.exists() else frozenset()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold a lock while the environment is filled, since two commands may be started at once."""
    with (VENV / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(command: Sequence[str]) -> None:
    if not _done(command):
        hint = "; on Debian and Ubuntu: apt install python3-venv" if "venv" in command[1:3] else ""
        sys.exit(f"this did not work: {' '.join(command)}{hint}")


def _done(command: Sequence[str]) -> bool:
    try:
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    except KeyboardInterrupt:
        sys.exit("interrupted; run the same command to go on")
    return done.returncode == 0


def _go_on_inside(arguments: Sequence[str]) -> NoReturn:
    os.execv(PYTHON, [str(PYTHON), str(ROOT / "manage.py"), *arguments])


def _say(sentence: str) -> None:
    print(f"signalbox: {sentence}", file=sys.stderr, flush=True)
