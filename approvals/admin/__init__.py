"""Approvals in Django's admin, one module for each noun."""

from approvals.admin import channel_admin as channel_admin
from approvals.admin import guard_admin as guard_admin
