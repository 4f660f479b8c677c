"""Whether there are people enough to confirm what takes a second one."""

from django.contrib.auth.models import User

from policies.current.four_eyes import proposals
from policies.current.four_eyes.models import FourEyesRule
from policies.current.four_eyes.rules import WideningKind

OF_RULES = "policies.change_foureyesrule"
RIGHTS = {
    WideningKind.ROLE: "auth.change_user",
    WideningKind.SCOPE: "policies.change_scopegrant",
    WideningKind.TOOL_POLICY: "policies.change_toolpolicy",
    WideningKind.BUDGET: "policies.change_budget",
    WideningKind.LEVER: "policies.pull_lever",
}
"""The permission that whoever confirms a usual change of each kind needs."""
TO_DO = {
    "auth.change_user": "edit people and their roles",
    "policies.change_scopegrant": "edit scope grants",
    "policies.change_toolpolicy": "edit tool policies",
    "policies.change_budget": "edit budgets",
    "policies.pull_lever": "pull halts and let them go",
    OF_RULES: "edit the rules of four eyes",
}
STRANDED = (
    "Once they are gone nobody could confirm changes of {words}, which take two people who may"
    " {do}. Give somebody else the role first, or switch that rule off."
)


def two_hold(right: str, *, but: str = "0") -> bool:
    """Whether two people hold it, without the one of that id."""
    return len(proposals.confirmers([right], but=but)) > 1


def stranded(leaving: User) -> list[str]:
    """A sentence for each rule that is on and that nobody could satisfy without this person. Two
    queries, and one for each rule that they may confirm for.
    """
    kinds = [WideningKind(rule.kind) for rule in FourEyesRule.objects.filter(enabled=True)]
    return [
        STRANDED.format(words=kind.words, do=TO_DO[RIGHTS[kind]])
        for kind in kinds
        if leaving.has_perm(RIGHTS[kind]) and not two_hold(RIGHTS[kind], but=str(leaving.pk))
    ]
