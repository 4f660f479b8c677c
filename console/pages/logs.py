"""What the log contains: no secret, and nothing that commands a terminal. A refused request is a
line without a stack, and an unhealthy house is not logged again at every probe.
"""

import logging
import re
from typing import Any

from console.outside import confidential, visible

REFUSED = {400, 403}
ONE_TIME = re.compile(r"/signin/[\w-]{20,}")
"""The path of a link, which lets somebody in."""
_make = logging.getLogRecordFactory()
_words = logging.Formatter()


class Tidy(logging.Filter):
    """A filter of the records of `django.request` and `django.security`, which carry the request
    and the answer's status.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", None) in REFUSED:
            # somebody lacks a permission, or asks for what is not here: nothing is broken that a
            # stack could show
            record.exc_info = record.exc_text = None
        return getattr(getattr(record, "request", None), "path", "") != "/healthz"


def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A log record with words and stack masked and made visible, for every handler. What is filled
    in stays on one line.
    """
    made = _make(*args, **kwargs)
    mask = confidential.mask()
    if isinstance(made.args, tuple):
        made.args = tuple(_filled_in(each) for each in made.args)
    try:
        message = made.getMessage()
    except (TypeError, ValueError):
        return made  # words that do not fit their arguments: the handler says so in its own way
    masked = ONE_TIME.sub("/signin/[link]", mask.text(message))
    if (shown := visible.seen(masked)) != message:
        made.msg, made.args = shown, ()
    if made.exc_info and made.exc_info[0]:
        # formatters take it where it stands
        made.exc_text = visible.seen(mask.text(_words.formatException(made.exc_info)))
    return made


def _filled_in(value: object) -> object:
    return visible.line(str(value)) if isinstance(value, str | BaseException) else value


def install() -> None:
    """Make every log record of this process with `record` from now on."""
    logging.setLogRecordFactory(record)
