"""Two processes instead of one: a front that a person may kill, and behind it the launcher, which
notices and tidies up.

The front has the terminal and passes signals on. The launcher holds one end of a pipe: when the
front is gone, however it went, the pipe ends. Nothing else than this tells a process that another
one was killed with SIGKILL.
"""

import os
import signal
from collections.abc import Callable
from types import FrameType

from console.stack import parent_death

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def keep(work: Callable[[int], int]) -> int:
    """Run `work(front)` behind a front and return its exit code; `front` becomes readable when the
    front process is gone.
    """
    front, hold = os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    behind = os.fork()
    if behind:
        os.close(front)
        return _stand_in_front(behind)
    os.close(hold)
    os.setsid()  # a Ctrl-C in the terminal reaches the front alone, which passes it on once
    parent_death.adopt_orphans()
    for number in PASSED_ON:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    return work(front)


def _stand_in_front(behind: int) -> int:
    def pass_on(number: int, _frame: FrameType | None) -> None:
        os.kill(behind, number)

    for number in PASSED_ON:
        signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    _, status = os.waitpid(behind, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 1
