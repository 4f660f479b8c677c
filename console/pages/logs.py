"""What the log says of requests: a refusal is a line without a stack, and a house that is not well does not say so at every knock."""

import logging

REFUSED = {400, 403}


class Tidy(logging.Filter):
    """Of the records of `django.request` and `django.security`, which carry the request and the answer's status."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", None) in REFUSED:
            record.exc_info = None  # somebody lacks a permission, or asks for what is not here: nothing is broken that a stack could show
        return getattr(getattr(record, "request", None), "path", "") != "/healthz"
