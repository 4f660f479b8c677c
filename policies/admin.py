"""Imports the admin of every noun, since Django looks for it here; nothing else does."""

from policies.budgets.admin import BudgetAdmin as BudgetAdmin
from policies.circuit.admin import BreakerAdmin as BreakerAdmin
from policies.circuit.admin import BreakerPolicyAdmin as BreakerPolicyAdmin
from policies.current.four_eyes.admin import FourEyesRuleAdmin as FourEyesRuleAdmin
from policies.gate.admin import ToolPolicyAdmin as ToolPolicyAdmin
from policies.halts.admin import HaltAdmin as HaltAdmin
from policies.judge.admin import JudgePolicyAdmin as JudgePolicyAdmin
from policies.outages.admin import PatiencePolicyAdmin as PatiencePolicyAdmin
from policies.retries.admin import RetryPolicyAdmin as RetryPolicyAdmin
from policies.routing.admin import RoutingPolicyAdmin as RoutingPolicyAdmin
from policies.scopes.admin import ScopeGrantAdmin as ScopeGrantAdmin
from policies.thresholds.admin import ThresholdsAdmin as ThresholdsAdmin
