"""An HTTP server on a port of its own, for as long as a test looks at it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.patience import ended


@contextmanager
def handled(by: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """The port on which requests are answered by this handler."""
    with ThreadingHTTPServer(("127.0.0.1", 0), by) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            ended(thread)
