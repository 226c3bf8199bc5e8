"""The form of a policy. The rules are checked by the action; its issues are added as form errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms

from golden.actions import name_issues
from golden.choices import StaleRule
from golden.clause_rows import ClauseRow
from golden.layouts import LAYOUTS
from golden.logic_entry import LogicEntry
from golden.models import MAX_NAME_LENGTH
from golden.policy_rules import PolicyRules
from infrastructure.web.reason_form import ReasonField

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from certify.rules.entry import ValidationIssue
    from golden.models import PolicyVersion

RESERVED_NAME = "new"  # the address of the form
NAME_TAKEN = "There is a policy with this name. Choose another one, or change that policy."
_LAYOUT_LABELS = {
    "wrap42": "wrap42: official files of 2016",
    "wrap80": "wrap80: official files of 2017 and 2018",
    "indent": "indent: official files from 2022 on",
    "flat": "flat: Run Registry",
    "lumilist": "lumilist: list of lumisections, as CRAB writes it",
}
_RULE_FIELDS = ("dataset_pattern", "layout", "stale")
_ROW_FIELD = re.compile(r"clause-([0-9]{1,3})-(variable|operator|value|json|whole)")


class PolicyForm(forms.Form):
    """Form of the next version of a policy without its logic. `latest`: the version in force, None for a new policy."""

    name = forms.CharField(
        max_length=MAX_NAME_LENGTH, label="Name", help_text="a-z, 0-9, - and _, such as tracker2018. It stays."
    )
    dataset_pattern = forms.CharField(
        required=False,
        label="Dataset pattern",
        help_text="The whole name. % is any text, _ any character, (A|B) one of several texts.",
    )
    layout = forms.CharField(required=False, max_length=10, label="Layout of its files")
    stale = forms.CharField(
        required=False, label="Stale certifications", widget=forms.Select(choices=StaleRule.choices)
    )
    reason = ReasonField(widget=forms.Textarea(attrs={"rows": 2}))
    opened = forms.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput, localize=False
    )

    def __init__(self, *args: Any, latest: PolicyVersion | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if latest:
            del self.fields["name"]
        layouts = [*LAYOUTS, *([latest.layout] if latest and latest.layout not in LAYOUTS else [])]
        choices = [(layout, _LAYOUT_LABELS.get(layout, layout)) for layout in layouts]
        self.fields["layout"].widget = forms.Select(choices=choices)

    def clean_name(self) -> str:
        """Refuse what is no name, and the name that is an address of the form."""
        name: str = self.cleaned_data["name"]
        if issues := name_issues(name):
            raise forms.ValidationError([issue.sentence for issue in issues])
        if name == RESERVED_NAME:
            raise forms.ValidationError(f"“{RESERVED_NAME}” is no name. Choose another one.")
        return name

    def add_issues(self, issues: Iterable[ValidationIssue]) -> None:
        """Add the issues of an action as errors of their fields, those of the logic left out."""
        for issue in issues:
            if issue.field != "logic" and issue.sentence not in self.errors.get(issue.field, ()):
                self.add_error(issue.field if issue.field in self.fields else None, issue.sentence)

    def rules(self, logic: Any) -> PolicyRules:
        """Return the rules with a logic. What was not sent is as in a new policy."""
        pattern, layout, stale = (str(self[name].value() or "").strip() for name in _RULE_FIELDS)
        return PolicyRules(logic, pattern, layout, stale)

    @property
    def opened_version(self) -> int:
        """Return the number of the version that was the latest when the form was opened, 0 for a new policy."""
        return self.cleaned_data.get("opened") or 0


def initial_values(version: PolicyVersion | None, opened: int) -> dict[str, Any]:
    """Return the initial values of the form for a change of a version, or for a new policy."""
    if version is None:
        return {"layout": "wrap80", "stale": StaleRule.COUNTS.value, "opened": opened}
    return {name: getattr(version, name) for name in _RULE_FIELDS} | {"opened": opened}


def read_entry(data: Mapping[str, str]) -> LogicEntry:
    """Return both forms of the logic as they were sent."""
    rows: dict[int, dict[str, str]] = {}
    for name in data:
        if found := _ROW_FIELD.fullmatch(name):
            rows.setdefault(int(found[1]), {})[found[2]] = data[name]
    return LogicEntry(data.get("logic", ""), tuple(_row(rows[number]) for number in sorted(rows)), data.get("base"))


def _row(fields: dict[str, str]) -> ClauseRow:
    if text := fields.get("json"):
        return ClauseRow(json=text, is_whole="whole" in fields)
    return ClauseRow(fields.get("variable", ""), fields.get("operator", ""), fields.get("value", ""))
