"""Tool policies as text: which fields a file has, and how the admin's form is filled by it."""

from collections.abc import Sequence

from console import row_files
from console.row_files import Entry
from policies.gate.models import ToolPolicy
from policies.gate.policy_forms import ToolPolicyForm

WHAT = "policies"
FIELDS = tuple(ToolPolicyForm.Meta.fields)


def written(policies: Sequence[ToolPolicy]) -> str:
    return row_files.written(WHAT, [row_files.facts(each, FIELDS) for each in policies])


def form_of(wanted: Entry) -> ToolPolicyForm:
    """The admin's form, filled as the entry says and otherwise as the policy is."""
    name = str(wanted["name"])
    there = ToolPolicy.objects.filter(name=name).first()
    facts = {**row_files.facts(there or ToolPolicy(name=name), FIELDS), **wanted}
    sent = {each: row_files.sent(value) for each, value in facts.items()}
    form = ToolPolicyForm(sent, instance=there)
    form.asks = False
    return form
