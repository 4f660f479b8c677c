"""The embedded Valkey (it speaks Redis's protocol).

It carries nudges and live frames only, so it keeps nothing on disk.
"""

import os
import socket
from pathlib import Path

from console.stack import accounts, binaries
from console.stack.service import StackService

TUNING = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "no",
    "loglevel": "warning",
}


class Valkey:
    """One server listening on a Unix socket in `sockets`."""

    name = "valkey"
    variable = "REDIS_URL"
    noise = ("Memory overcommit must be enabled", "signal-handler", "ready to exit")

    def __init__(self, sockets: Path) -> None:
        self.socket = sockets / "valkey.sock"
        self.sockets = sockets
        self.account = accounts.servant()

    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def prepare(self) -> StackService:
        settings = {**TUNING, "unixsocket": str(self.socket), "dir": str(self.sockets)}
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return StackService(
            name=self.name,
            argv=(str(binaries.valkey_server(self.account)), *options),
            ready=self._ready,
            account=self.account,
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            folder=Path("/"),
        )

    def _ready(self) -> bool:
        """PING, spelt out: the client library takes longer to load than the server to start."""
        with socket.socket(socket.AF_UNIX) as health_probe:
            health_probe.settimeout(2)
            try:
                health_probe.connect(str(self.socket))
                health_probe.sendall(b"PING\r\n")
                return health_probe.recv(16).startswith(b"+PONG")
            except OSError:
                return False
