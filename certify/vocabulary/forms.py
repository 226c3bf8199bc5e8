"""Forms for terms and checklists. The actions check the rules; their issues are added as form errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.validators import RegexValidator

from certify.models.choices import ChecklistUse
from certify.models.components import Component
from certify.vocabulary.actions import ChecklistInput, TermInput, current_edition
from certify.vocabulary.cache import vocabulary
from certify.vocabulary.tree import MAX_DEPTH
from infrastructure.names import clean_name

if TYPE_CHECKING:
    from django.http import QueryDict

    from certify.models import Checklist, VocabularyTerm
    from certify.rules.entry import ValidationIssue
    from certify.vocabulary.term_types import TermType

MARKDOWN_HELP = "Paragraphs, lists, **bold**, *italics* and [links](https://…)."
MAX_TEXT_LENGTH = 20_000  # characters
RESERVED_IDENTIFIER = "add"


def _text_field(label: str, rows: int, max_length: int, help_text: str = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(required=False, max_length=max_length, label=label, widget=widget, help_text=help_text)


class EditionForm(forms.Form):
    """Form of a row that was opened at an edition."""

    edition = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def add_issues(self, issues: list[ValidationIssue]) -> None:
        """Add the issues of an action as errors of their fields."""
        for issue in issues:
            self.add_error(issue.field if issue.field in self.fields else None, issue.sentence)

    @property
    def opened_edition(self) -> int:
        """Return the edition at which the form was opened, 0 for a new row."""
        return self.cleaned_data.get("edition") or 0

    def set_edition(self, edition: int) -> None:
        """Set the edition of the bound form, so that saving it again overwrites that edition."""
        data = cast("QueryDict", self.data).copy()
        data["edition"] = str(edition)
        self.data = data


class TermForm(EditionForm):
    """Form of a reason or a problem."""

    name = forms.CharField(max_length=50, label="Name")
    parent = forms.ChoiceField(required=False, label="Stands below")
    description = _text_field("What it means", 3, 2000, MARKDOWN_HELP)
    what_to_do = _text_field("What to do", 4, 4000, MARKDOWN_HELP)
    is_retired = forms.BooleanField(required=False, label="Retired: no longer offered, nor are the entries below it")

    def __init__(self, *args: Any, term_type: TermType, term: VocabularyTerm | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if term is None:
            del self.fields["is_retired"]
        self.fields["parent"].choices = [("", "none: it is at the top level"), *_parent_choices(term_type, term)]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """Remove what cannot be seen, so that equal-looking names are one."""
        return clean_name(self.cleaned_data["name"])

    def to_input(self) -> TermInput:
        """Return the input of `save_term`."""
        data = self.cleaned_data
        return TermInput(
            name=data["name"],
            parent=int(data["parent"]) if data["parent"] else None,
            description=data["description"].strip(),
            what_to_do=data["what_to_do"].strip(),
            is_retired=data.get("is_retired", False),
        )


def _parent_choices(term_type: TermType, term: VocabularyTerm | None) -> list[tuple[str, str]]:
    """Return the possible parents: offered terms that are not too deep or descendants, and the current parent."""
    current_parent = term.parent_id if term else None
    pk = term.pk if term else None
    return [
        (str(node.pk), node.path)
        for node in vocabulary().terms[term_type.field]
        if node.pk == current_parent
        or (node.level < MAX_DEPTH and not node.is_retired and pk not in (node.pk, *node.ancestors))
    ]


def term_initial(term: VocabularyTerm) -> dict[str, Any]:
    """Return the initial values of the form of this term."""
    names = ("name", "description", "what_to_do", "is_retired")
    return {name: getattr(term, name) for name in names} | {"parent": term.parent_id, "edition": current_edition(term)}


class ChecklistForm(EditionForm):
    """Form of a checklist. Headings of its text are groups, list entries are items."""

    title = forms.CharField(max_length=50, label="Title")
    identifier = forms.CharField(
        max_length=15,
        label="Identifier",
        help_text="Small letters, digits and _. It names the box and the address, and stays.",
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*\Z", "Small letters, digits and _ alone, a letter first.")],
    )
    used = forms.ChoiceField(choices=ChecklistUse.choices, label="Gone through", initial=ChecklistUse.CERTIFY)
    position = forms.IntegerField(min_value=0, max_value=999, label="Place among the others", initial=0)
    text = forms.CharField(
        max_length=MAX_TEXT_LENGTH,
        label="Text",
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "true"}),
        help_text=f"A heading (## {next(iter(Component)).label}) begins a group, - or 1. an item. {MARKDOWN_HELP}",
    )
    is_retired = forms.BooleanField(required=False, label="Retired: gone through no longer")

    def __init__(self, *args: Any, checklist: Checklist | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["identifier" if checklist else "is_retired"]

    def clean_identifier(self) -> str:
        """Reject the identifier that is part of the URL of a new checklist."""
        identifier = str(self.cleaned_data["identifier"])
        if identifier == RESERVED_IDENTIFIER:
            raise forms.ValidationError("“add” is an address of its own. Choose another identifier.")
        return identifier

    def clean_text(self) -> str:
        """Normalize line ends."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n").strip()

    def to_input(self) -> ChecklistInput:
        """Return the input of `save_checklist`."""
        data = self.cleaned_data
        names = ("title", "text", "used", "position")
        return ChecklistInput(**{name: data[name] for name in names}, is_retired=data.get("is_retired", False))


def checklist_initial(checklist: Checklist) -> dict[str, Any]:
    """Return the initial values of the form of this checklist."""
    names = ("title", "used", "position", "text", "is_retired")
    return {name: getattr(checklist, name) for name in names} | {"edition": current_edition(checklist)}
