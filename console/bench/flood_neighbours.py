"""Browsers of everybody else, in a process of their own: each opens its pages again and again, with
a pause in between, and notes how long they took.
"""

import http.client
import itertools
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

PAUSE = 0.15
PATIENCE = 30.0


def run(url: str, cookies: Sequence[str], pages: Sequence[str], parent: Connection) -> None:
    """Entry of the process: reads until the parent says a word, then sends when each page was
    there and the seconds it took, and which were not there.
    """
    over, took, failed = threading.Event(), list[tuple[float, float]](), list[str]()

    def browse(cookie: str) -> None:
        for page in itertools.cycle(pages):
            if over.wait(PAUSE):
                return
            began = time.monotonic()
            status = visited(urlsplit(url).netloc, page, cookie)
            took.append((time.time(), time.monotonic() - began))
            if status != 200:
                failed.append(f"{page} was answered with {status or 'nothing'}")

    threads = [threading.Thread(target=browse, args=(cookie,)) for cookie in cookies]
    for each in threads:
        each.start()
    parent.recv()
    over.set()
    for each in threads:
        each.join()
    parent.send((took, failed))


def visited(host: str, page: str, cookie: str) -> int:
    """The status of a page on a connection of its own; 0 when there was no answer."""
    link = http.client.HTTPConnection(host, timeout=PATIENCE)
    try:
        link.request("GET", page, headers={"Cookie": cookie})
        answer = link.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        link.close()
    return answer.status
