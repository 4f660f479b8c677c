"""Where things lie: the checkout, the data folder, the addresses of services that `up` has running.

Standard library only: settings and the launcher both stand on it.
"""

import json
import os
import secrets
from pathlib import Path

from console.written_once import written_once

# the variable that names a file which a Celery worker writes when it begins to take messages
READY_FILE = "SIGNALBOX_READY_FILE"

USED = "used"
KEY = "secret_key"
ROOT = Path(__file__).resolve().parents[2]


class NoKey(Exception):
    """The file of the secret key holds none."""


def data_folder() -> Path:
    """The folder that holds everything of one console: its database, its secret key, its lock."""
    return Path(os.environ.get("SIGNALBOX_DATA") or ROOT / ".signalbox").expanduser().absolute()


def open_data_folder() -> Path:
    """The data folder, made when missing.

    Only a folder made here gets our mode: nobody else's is changed. Others may go through it, as
    the account of the database has to, and see nothing of what is in it.
    """
    folder = data_folder()
    if not folder.is_dir():
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    return folder


def was_used(folder: Path) -> bool:
    """Whether a console has run on this folder: it noted so, or left its key and its lock, and no
    first start was cut off. A key alone proves nothing, since whatever loads the settings makes
    one.
    """
    if (folder / USED).exists():
        return True
    return (
        (folder / KEY).exists()
        and (folder / "lock").exists()
        and not (folder / "postgres.new").exists()
    )


def note_use(folder: Path) -> None:
    (folder / USED).touch(mode=0o600)


def addresses_file() -> Path:
    return data_folder() / "addresses.json"


def record_addresses(addresses: dict[str, str]) -> None:
    """Let other commands on this data folder find the running services. Atomic: a reader sees all
    of it or nothing. Only its owner reads it, since an address may hold a password.
    """
    target = addresses_file()
    fresh = target.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(addresses))
    fresh.replace(target)


def forget_addresses() -> None:
    addresses_file().unlink(missing_ok=True)


def recorded_addresses() -> dict[str, str]:
    """What `up` recorded, empty when it is not running (or was cut off while writing)."""
    try:
        found = json.loads(addresses_file().read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def address(variable: str, default: str) -> str:
    """A service's URL: from the environment, else what `up` recorded, else `default`."""
    return os.environ.get(variable) or recorded_addresses().get(variable) or default


def secret_key() -> str:
    """The key that signs sessions and links: from the environment, else made once, readable by its
    owner only. Raises NoKey for a file that is empty: a new key is made only where there was none,
    since second factors are kept under the old one.
    """
    if given := os.environ.get("SECRET_KEY"):
        return given
    target = open_data_folder() / KEY
    if not target.exists():
        return written_once(target, secrets.token_urlsafe(64).encode()).decode().strip()
    if not (kept := target.read_text(encoding="utf-8").strip()):
        raise NoKey(
            f"{target} is empty: put back the copy in your backup, or remove the file for a new"
            " key, with which everybody signs in again and sets up their second factors anew"
        )
    return kept
