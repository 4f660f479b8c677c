"""What the log says: no secret, nothing that commands a terminal.

Of requests: a refusal is a line without a stack, and a house that is not well does not say so at
every probe.
"""

import logging
from typing import Any

from console.outside import confidential, visible

REFUSED = {400, 403}
_make = logging.getLogRecordFactory()
_words = logging.Formatter()


class Tidy(logging.Filter):
    """Of the records of `django.request` and `django.security`, which carry the request and the
    answer's status.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", None) in REFUSED:
            # somebody lacks a permission, or asks for what is not here: nothing is broken that a
            # stack could show
            record.exc_info = record.exc_text = None
        return getattr(getattr(record, "request", None), "path", "") != "/healthz"


def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A record whose words and stack are masked and visible for every handler, ours or not.

    What is filled in stays on one line.
    """
    made = _make(*args, **kwargs)
    mask = confidential.mask()
    if isinstance(made.args, tuple):
        made.args = tuple(_filled_in(each) for each in made.args)
    try:
        message = made.getMessage()
    except (TypeError, ValueError):
        return made  # words that do not fit their arguments: the handler says so in its own way
    if (shown := visible.seen(mask.text(message))) != message:
        made.msg, made.args = shown, ()
    if made.exc_info and made.exc_info[0]:
        # formatters take it where it stands
        made.exc_text = visible.seen(mask.text(_words.formatException(made.exc_info)))
    return made


def _filled_in(value: object) -> object:
    return visible.line(str(value)) if isinstance(value, str | BaseException) else value


def install() -> None:
    """Every record of this process is made here from now on."""
    logging.setLogRecordFactory(record)
