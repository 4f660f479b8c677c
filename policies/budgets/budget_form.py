"""The form of a budget in the admin: what would mean nothing, or hold nobody, is refused beside its
field.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from policies.budgets import named, rows
from policies.budgets.models import Budget
from policies.current import known_names
from policies.current.known_names import Naming
from policies.current.looked_up import LookingForm, NotMeant

WHOLE = (Budget.Measures.STEPS, Budget.Measures.TOKENS)


class BudgetForm(LookingForm):
    """A budget's form. What it counts and within what time cannot be edited, since its past is
    counted so.
    """

    class Meta:
        model = Budget
        exclude = ("version",)
        widgets = {
            "note": forms.Textarea(attrs={"rows": 3, "cols": 80}),
            "who": forms.TextInput(attrs={"size": 60}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.scope == Budget.Scopes.USER and "who" in self.initial:
            self.initial["who"] = named.shown(self.initial["who"])

    def doubts(self, anew: frozenset[str]) -> Iterator[NotMeant]:
        """A budget of nothing, by which no call is made at all."""
        if "amount" in anew and self.cleaned_data.get("amount") == 0:
            yield "amount", "Nothing fits a budget of 0: no run that it is for makes another call."

    def names(self) -> Mapping[str, Naming]:
        agents = self.cleaned_data.get("scope") == Budget.Scopes.AGENT
        return {"who": known_names.AGENTS} if agents else {}

    def clean_lines(self) -> str:
        try:
            found = rows.lines(self.cleaned_data["lines"])
        except ValueError:
            raise forms.ValidationError(
                "Percentages from 1 to 100, separated by spaces, such as 50 80 95."
            ) from None
        return " ".join(map(str, found))

    def clean(self) -> None:
        super().clean()
        self._who()
        self._what()
        self._consequence()

    def _who(self) -> None:
        scope, who = self.given("scope"), str(self.given("who") or "").split()
        if scope == Budget.Scopes.GLOBAL:
            self.cleaned_data |= {"who": "", "each": False}
            return
        if not who:
            self.add_error(
                "who",
                (
                    f"Which {Budget.Scopes(scope).label}? Names or patterns; * for all of them."
                    if scope
                    else "Whom is it for?"
                ),
            )
        self.cleaned_data["who"] = " ".join(who)
        if scope == Budget.Scopes.USER:
            self._people()

    def _people(self) -> None:
        try:
            self.cleaned_data["who"] = named.stored(self.cleaned_data["who"])
        except forms.ValidationError as nobody:
            self.add_error("who", nobody)

    def _what(self) -> None:
        measure, window, amount = self.given("measure"), self.given("window"), self.given("amount")
        if window == Budget.Windows.CALL and measure in (
            Budget.Measures.STEPS,
            Budget.Measures.SECONDS,
        ):
            self.complain(
                "window",
                "One call is one step, and its time is limited by its timeout: a budget for one"
                " call is of USD or tokens.",
            )
        if amount is not None and measure in WHOLE and amount != int(amount):
            self.add_error("amount", f"There are only whole {Budget.Measures(measure).label}.")
        if (
            measure == Budget.Measures.USD
            and self.given("unpriced") == Budget.UnpricedAs.FALLBACK
            and not self.given("fallback")
        ):
            self.add_error("fallback", "Which price? USD per million tokens.")

    def _consequence(self) -> None:
        if self.given("action") != Budget.Actions.DOWNGRADE:
            return
        if not 0 < (self.given("downgrade_at") or 0) <= 100:
            self.add_error("downgrade_at", "A percentage from 1 to 100.")

    def given(self, name: str) -> Any:
        """The field's value in the form, or in the row where the form does not ask."""
        return self.cleaned_data.get(name) if name in self.fields else getattr(self.instance, name)

    def complain(self, name: str, sentence: str) -> None:
        """Put the sentence beside the field, if the form has it."""
        self.add_error(name if name in self.fields else None, sentence)
