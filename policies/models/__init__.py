"""Tables of what is allowed, one module a noun."""

from policies.models.budget import Budget as Budget
from policies.models.budget import Escrow as Escrow
from policies.models.budget import Grant as Grant
from policies.models.revision import Revision as Revision
from policies.models.tool_policy import Tally as Tally
from policies.models.tool_policy import ToolPolicy as ToolPolicy
