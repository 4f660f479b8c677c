"""Asks a web server on this machine whether it is well, without waiting: asked once, looked at now
and then.
"""

import select
import socket


class HealthProbe:
    """GET `path`.

    A listening socket whose server is not up yet keeps the question, and the server answers it as
    soon as it is.
    """

    def __init__(self, port: int, path: str) -> None:
        self._port = port
        self._path = path
        self._socket: socket.socket | None = None

    def well(self) -> bool:
        """True once the answer was 200.

        Another answer, or none, is asked for again at the next look.
        """
        if self._socket is None:
            self._ask()
            return False
        if not select.select([self._socket], [], [], 0)[0]:
            return False
        answer = self._read()
        self.close()
        return answer.startswith(b"HTTP/1.1 200 ")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=2)
        self._socket.sendall(
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
        )

    def _read(self) -> bytes:
        assert self._socket is not None
        try:
            return self._socket.recv(64)
        except OSError:
            return b""  # the server went away in the middle
