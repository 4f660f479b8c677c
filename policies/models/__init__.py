"""Tables of what is allowed, one module a noun."""

from policies.models.breaker import Breaker as Breaker
from policies.models.breaker import BreakerPolicy as BreakerPolicy
from policies.models.budget import Budget as Budget
from policies.models.budget import Escrow as Escrow
from policies.models.budget import Grant as Grant
from policies.models.halt import Halt as Halt
from policies.models.judge_policy import JudgePolicy as JudgePolicy
from policies.models.retry_policy import RetryPolicy as RetryPolicy
from policies.models.revision import Revision as Revision
from policies.models.scope_grant import ScopeGrant as ScopeGrant
from policies.models.thresholds import Thresholds as Thresholds
from policies.models.tool_policy import Tally as Tally
from policies.models.tool_policy import ToolPolicy as ToolPolicy
