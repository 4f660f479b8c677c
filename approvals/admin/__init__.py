"""Approvals in Django's admin, one module a noun."""

from approvals.admin import channel as channel
from approvals.admin import guard as guard
