"""A mail server that keeps what it is sent, or refuses it: enough of SMTP for one letter."""

import socketserver
import threading
from typing import Any, Self


class MailSession(socketserver.StreamRequestHandler):
    """One client, from its greeting to its QUIT."""

    def handle(self) -> None:
        sink: Any = self.server
        self.say("220 sink")
        to = ""
        while line := self.rfile.readline().decode().strip():
            match line.upper().split(":")[0].split(" ")[0]:
                case "DATA":
                    self.say("354 go on")
                    self.taken(sink.sink, to)
                case "RCPT":
                    to = line.partition(":")[2].strip()
                    self.say("250 ok")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 ok")

    def taken(self, sink: "MailSink", to: str) -> None:
        lines = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line)
        letter = "\n".join(lines)
        if sink.refuses:
            self.say(f"554 not this: {' '.join(lines)[:400]}")
            return
        sink.letters.append((to, letter))
        self.say("250 kept")

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class MailSink:
    """Listens on a free port for as long as it is entered."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str]] = []
        self.refuses = False
        made: Any = socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailSession)
        made.daemon_threads, made.sink = True, self
        self.server = made

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.server.server_address
        return str(host), int(port)

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_facts: object) -> None:
        self.server.shutdown()
        self.server.server_close()
