"""Imports the tables of every noun, since Django looks for them here; nothing else does."""

from policies.budgets.models import Budget as Budget
from policies.budgets.models import Escrow as Escrow
from policies.budgets.models import Grant as Grant
from policies.circuit.models import Breaker as Breaker
from policies.circuit.models import BreakerPolicy as BreakerPolicy
from policies.current.four_eyes.models import FourEyesRule as FourEyesRule
from policies.current.four_eyes.models import ProposedChange as ProposedChange
from policies.current.revision import Revision as Revision
from policies.gate.models import Tally as Tally
from policies.gate.models import ToolPolicy as ToolPolicy
from policies.halts.models import Halt as Halt
from policies.judge.models import JudgePolicy as JudgePolicy
from policies.outages.models import PatiencePolicy as PatiencePolicy
from policies.outages.models import ProviderStanding as ProviderStanding
from policies.retries.models import RetryPolicy as RetryPolicy
from policies.routing.models import RoutingPolicy as RoutingPolicy
from policies.scopes.models import ScopeGrant as ScopeGrant
from policies.thresholds.models import Thresholds as Thresholds
