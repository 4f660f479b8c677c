"""The rules of four eyes in the admin. Switching one off, or raising its bound, takes a second
person itself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest

from console import figures
from console.journal import database_clock
from console.journal.editing import KnowingForm
from console.signing_in.confirming import Confirmed
from policies.current.four_eyes import proposals, raised_limits
from policies.current.four_eyes.admin_holds import FourEyes
from policies.current.four_eyes.models import FourEyesRule
from policies.current.four_eyes.rules import RowFacts, Widening, WideningKind
from policies.current.four_eyes.who_confirms import OF_RULES, RIGHTS, TO_DO, two_hold
from policies.current.policy_admin import TellingAdmin

ALONE = (
    "Nobody could confirm it: there have to be at least two people who may {do}, and two who may"
    " edit the rules of four eyes. Give somebody else the role first."
)
LATER = (
    "Nobody could confirm it, or take it back, before {until}: everybody else who may {do}"
    " was given a link or a password by you lately ({names})."
)
BOUNDS = tuple(f"alone_{name}" for name in ("usd", "tokens", "steps", "seconds"))


class FourEyesForm(KnowingForm):
    """`actor` is whoever fills it in."""

    actor: User

    class Meta:
        model = FourEyesRule
        fields = ("enabled", "hours", *BOUNDS, "note")
        widgets: ClassVar[dict[str, Any]] = {"note": forms.Textarea(attrs={"rows": 3, "cols": 80})}

    def clean_enabled(self) -> bool:
        """Refuse a rule that nobody could ever satisfy, and that nobody could take back."""
        on = bool(self.cleaned_data["enabled"])
        right = RIGHTS[WideningKind(self.instance.kind)]
        if on and not all(two_hold(each) for each in (right, OF_RULES)):
            raise forms.ValidationError(ALONE.format(do=TO_DO[right]))
        if on and "enabled" in self.changed_data:
            for each in (right, OF_RULES):
                someone_now(each, self.actor, database_clock.now())
        return on


def someone_now(right: str, actor: User, at: datetime) -> None:
    """Raises ValidationError while nobody could confirm what this person proposes."""
    by = str(actor.pk)
    others, lately = proposals.confirmers([right], but=by), proposals.let_in_lately(by, at)
    if others and all(each.pk in lately for each in others):
        until = min(lately[each.pk] for each in others)
        names = figures.line(", ".join(each.get_username() for each in others), 120)
        said = LATER.format(until=figures.moment(until), do=TO_DO[right], names=names)
        raise forms.ValidationError(said)


@admin.register(FourEyesRule)
class FourEyesRuleAdmin(Confirmed, FourEyes, TellingAdmin):
    """There is one rule for each kind; rules are neither added nor deleted."""

    form = FourEyesForm
    list_display = ("__str__", "enabled", "hours", "version")

    def get_fieldsets(self, request: HttpRequest, obj: FourEyesRule | None = None) -> Any:
        own: list[Any] = [(None, {"fields": ("enabled", "hours")})]
        if obj is not None and obj.kind == WideningKind.BUDGET:
            own.append(("Alone up to", {"fields": BOUNDS}))
        own.append(("For whoever reads this next", {"fields": ("note",)}))
        return [*own, *self.with_reason(request, obj)]

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        form.actor = request.user
        return form

    def kind_of(self, row: FourEyesRule | None) -> WideningKind:
        return WideningKind(row.kind) if row is not None else WideningKind.ROLE

    def widened(self, row: FourEyesRule, before: RowFacts, after: RowFacts) -> Sequence[Widening]:
        return raised_limits.bounds_raised(before, after)

    def takes_two(self, row: FourEyesRule, before: RowFacts) -> bool:
        """Goes by what the rule was: one that is being switched off still holds for that."""
        return bool(before.get("enabled"))

    def in_force_now(self, row: FourEyesRule) -> str:
        if not row.enabled:
            return "Whoever may do it does it alone."
        return "Proposed from now on, and in force once somebody else has confirmed it."

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: FourEyesRule | None = None) -> bool:
        return False
