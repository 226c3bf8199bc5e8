"""What the pages of policies show: the form with its rows, a version in words, its versions and files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from golden.clause_rows import OPERATOR_LABELS, ClauseRow, clause_text, clauses_of, logic_text
from golden.clauses import split_clauses
from golden.models import GoldenFile
from golden.policy_diff import rules_diff, stale_label
from golden.policy_presets import PRESETS
from golden.registry_requests import names_registry
from golden.vocabulary import REGISTRY_VARIABLES, VARIABLES

if TYPE_CHECKING:
    from golden.logic_entry import ResolvedLogic
    from golden.models import PolicyVersion
    from golden.policy_diff import RulesDiff
    from golden.policy_forms import PolicyForm
    from golden.preview_page import PreviewPage

FILES_SHOWN, ISSUES_SHOWN = 20, 10
_GROUPS = {
    "run.rr": "Run, from Run Registry",
    "run.oms": "Run, from OMS or typed",
    "dataset": "Dataset",
    "lumisection.oms": "Lumisection, from OMS",
    "lumisection.rr": "Lumisection, from the certification",
    "lumisection.import": "Lumisection, from an imported file",
}
# Of what is read from Run Registry apart from the certification.
_REGISTRY_GROUPS = {
    "run.rr": "Run, read from Run Registry",
    "dataset": "Dataset, read from Run Registry",
    "lumisection.oms": "Bits of other detectors, read from Run Registry",
    "lumisection.rr": "Flags of other detectors, read from Run Registry",
}


@dataclass(frozen=True)
class FormRow:
    """A clause of the form: its position from 0 on, what is entered, and what is wrong with it."""

    position: int
    row: ClauseRow
    errors: list[str]
    is_focused: bool = False

    @property
    def number(self) -> int:
        return self.position + 1

    @property
    def variable_options(self) -> SafeString:
        """The options of all variables, by group."""
        return _selected(_variable_options(), self.row.variable)

    @property
    def operator_options(self) -> SafeString:
        return _selected(_operator_options(), self.row.operator)


@dataclass(frozen=True)
class PolicyFormPage:
    """The form of the next version of a policy. `latest`: the version in force. `existing`: one saved meanwhile.

    `focused`: the position of the row that gets the focus.
    """

    form: PolicyForm
    resolved: ResolvedLogic
    latest: PolicyVersion | None = None
    preview: PreviewPage | None = None
    existing: PolicyVersion | None = None
    focused: int | None = None

    @cached_property
    def rows(self) -> list[FormRow]:
        issues = self.resolved.row_issues
        return [
            FormRow(position, row, issues.get(position, []), position == self.focused)
            for position, row in enumerate(self.resolved.entry.rows)
        ]

    @property
    def presets(self) -> list[tuple[str, str]]:
        """Identifier and label of each preset."""
        return [(identifier, label) for identifier, (label, _) in PRESETS.items()]

    @property
    def issues(self) -> Any:
        return self.resolved.issues[:ISSUES_SHOWN]

    @property
    def issues_left(self) -> int:
        return len(self.resolved.issues) - ISSUES_SHOWN

    @property
    def next_number(self) -> int:
        version = self.existing or self.latest
        return version.number + 1 if version else 1

    @property
    def difference(self) -> RulesDiff | None:
        """What was typed against the version that somebody else saved meanwhile."""
        return rules_diff(self.existing.rules, self.form.rules(self.resolved.logic)) if self.existing else None


@lru_cache(maxsize=1)
def _variable_options() -> SafeString:
    groups: dict[str, list[tuple[str, str]]] = {}
    for variable in VARIABLES.values():
        unit = f" ({variable.unit})" if variable.unit else ""
        by_prefix = _REGISTRY_GROUPS if variable.name in REGISTRY_VARIABLES else _GROUPS
        label = by_prefix.get(variable.name.rpartition(".")[0], "Run")
        groups.setdefault(label, []).append((variable.name, f"{variable.label}{unit}"))
    return format_html_join(
        "",
        '<optgroup label="{}">{}</optgroup>',
        ((label, format_html_join("", '<option value="{}">{}</option>', options)) for label, options in groups.items()),
    )


@lru_cache(maxsize=1)
def _operator_options() -> SafeString:
    return format_html_join("", '<option value="{}">{}</option>', OPERATOR_LABELS.items())


def _selected(options: SafeString, value: str) -> SafeString:
    """Return options with the one of a value selected. Rendered once, as a policy can have many rows."""
    plain = format_html('<option value="{}">', value)
    return mark_safe(options.replace(plain, f"{plain[:-1]} selected>"))  # noqa: S308  # both are escaped


@dataclass(frozen=True)
class PolicyPage:
    """A version of a policy, with all versions. `compared`: the version that it is compared with."""

    version: PolicyVersion
    versions: list[PolicyVersion]
    compared: PolicyVersion | None

    @property
    def is_latest(self) -> bool:
        return self.version.pk == self.versions[0].pk

    @property
    def clauses(self) -> list[tuple[int, str, str]]:
        """Number, words and JSON of each clause."""
        return [(c.position + 1, c.label, clause_text(c.logic)) for c in split_clauses(self.version.logic)]

    @property
    def is_conjunction(self) -> bool:
        """Whether all clauses have to be true, rather than one that is the whole logic."""
        return clauses_of(self.version.logic) is not None

    @property
    def names_registry(self) -> bool:
        """Whether it names what is read from Run Registry, without which a lumisection is out."""
        return names_registry(self.version.rules)

    @property
    def logic_text(self) -> str:
        return logic_text(self.version.logic)

    @property
    def stale_label(self) -> str:
        return stale_label(self.version.stale)

    @cached_property
    def difference(self) -> RulesDiff | None:
        return rules_diff(self.compared.rules, self.version.rules) if self.compared else None

    @cached_property
    def files(self) -> list[GoldenFile]:
        files = GoldenFile.objects.filter(policy_version__policy_id=self.version.policy_id)
        return list(files.with_names().without_content()[: FILES_SHOWN + 1])
