"""Policies in Django's admin, one module a noun."""

from policies.admin import breaker as breaker
from policies.admin import budget as budget
from policies.admin import halt as halt
from policies.admin import judge_policy as judge_policy
from policies.admin import retry_policy as retry_policy
from policies.admin import scope_grant as scope_grant
from policies.admin import thresholds as thresholds
from policies.admin import tool_policy as tool_policy
