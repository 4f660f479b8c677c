"""The short-lived folder where servers listen.

Unix socket paths must be short, and the servers' account must be able to get there.
"""

import os
import tempfile
from pathlib import Path

from console.stack import accounts

# the shortest limit among the systems we run on (macOS), less the longest name a server puts into
# the folder
LONGEST = 104 - len("/sbx-12345678/.s.PGSQL.5432.lock")


PREFIX = "sbx-"


def is_socket_folder(folder: Path) -> bool:
    """Whether the folder is one that was made here; asked before it is removed."""
    return folder.name.startswith(PREFIX) and folder.is_dir() and not folder.is_symlink()


def open_socket_folder() -> Path:
    """A new folder that only the servers' account can enter: nobody else on the machine can reach
    the sockets.
    """
    account = accounts.servant()
    base = Path(tempfile.gettempdir())
    if len(os.fsencode(base)) > LONGEST or (account is not None and not account.can_reach(base)):
        base = Path("/tmp")  # noqa: S108  mkdtemp below makes the name unguessable
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    accounts.give(folder, account)
    return folder
