"""What a shift leader types of a word or a checklist. The action holds the rules and says what is refused."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict

from certify.models import Checklist, VocabularyTerm
from certify.models.choices import ChecklistUse
from certify.models.components import Component
from certify.rules.entry import ValidationIssue
from certify.vocabulary.actions import ChecklistInput, TermInput, current_edition
from certify.vocabulary.cache import vocabulary
from certify.vocabulary.kinds import TermKind
from certify.vocabulary.tree import MAX_DEPTH

MARKDOWN_HELP = "Paragraphs, lists, **bold**, *italics* and [links](https://…)."
MAX_TEXT_LENGTH = 20_000  # characters
RESERVED_IDENTIFIER = "add"


def _text_field(label: str, rows: int, max_length: int, help_text: str = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(required=False, max_length=max_length, label=label, widget=widget, help_text=help_text)


class EditionForm(forms.Form):
    """What was opened at an edition. What the action refuses is put beside its field."""

    edition = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def add_issues(self, refused: list[ValidationIssue]) -> None:
        for one in refused:
            self.add_error(one.field if one.field in self.fields else None, one.sentence)

    @property
    def opened_edition(self) -> int:
        return self.cleaned_data.get("edition") or 0

    def set_edition(self, edition: int) -> None:
        """Show the form as if it had been opened at this edition, so that saving again puts it over that one."""
        data = cast(QueryDict, self.data).copy()
        data["edition"] = str(edition)
        self.data = data


class TermForm(EditionForm):
    """A reason or a problem."""

    name = forms.CharField(max_length=50, label="Name")
    parent = forms.ChoiceField(required=False, label="Stands below")
    description = _text_field("What it means", 3, 2000, MARKDOWN_HELP)
    what_to_do = _text_field("What to do", 4, 4000, MARKDOWN_HELP)
    is_retired = forms.BooleanField(required=False, label="Retired: no longer offered, nor are the entries below it")

    def __init__(self, *args: Any, kind: TermKind, term: VocabularyTerm | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if term is None:
            del self.fields["is_retired"]
        self.fields["parent"].choices = [("", "none: it is at the top level"), *_parent_choices(kind, term)]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def to_input(self) -> TermInput:
        """What was said, for the action."""
        said = self.cleaned_data
        return TermInput(
            name=said["name"],
            parent=int(said["parent"]) if said["parent"] else None,
            description=said["description"].strip(),
            what_to_do=said["what_to_do"].strip(),
            is_retired=said.get("is_retired", False),
        )


def _parent_choices(kind: TermKind, term: VocabularyTerm | None) -> list[tuple[str, str]]:
    """Where the word may stand: below what is offered and not too deep; where it stands now in any case."""
    now = term.parent_id if term else None
    own = term.pk if term else None
    return [
        (str(one.pk), one.path)
        for one in vocabulary().terms[kind.field]
        if one.pk == now or (one.level < MAX_DEPTH and not one.is_retired and own not in (one.pk, *one.ancestors))
    ]


def term_initial(term: VocabularyTerm) -> dict[str, Any]:
    """What a form of this word starts with."""
    names = ("name", "description", "what_to_do", "is_retired")
    return {name: getattr(term, name) for name in names} | {"parent": term.parent_id, "edition": current_edition(term)}


class ChecklistForm(EditionForm):
    """A checklist on one page; its headings are the groups, its list entries the items."""

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
        if self.cleaned_data["identifier"] == RESERVED_IDENTIFIER:
            raise forms.ValidationError("“add” is an address of its own. Choose another identifier.")
        return self.cleaned_data["identifier"]

    def clean_text(self) -> str:
        return self.cleaned_data["text"].replace("\r\n", "\n").strip()

    def to_input(self) -> ChecklistInput:
        """What was said, for the action."""
        said = self.cleaned_data
        names = ("title", "text", "used", "position")
        return ChecklistInput(**{name: said[name] for name in names}, is_retired=said.get("is_retired", False))


def checklist_initial(checklist: Checklist) -> dict[str, Any]:
    """What a form of this checklist starts with."""
    names = ("title", "used", "position", "text", "is_retired")
    return {name: getattr(checklist, name) for name in names} | {"edition": current_edition(checklist)}
