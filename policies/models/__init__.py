"""Tables of what is allowed, one module a noun."""

from policies.models.revision import Revision as Revision
from policies.models.tool_policy import Tally as Tally
from policies.models.tool_policy import ToolPolicy as ToolPolicy
