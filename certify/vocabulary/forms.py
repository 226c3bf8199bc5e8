"""What a shift leader types of a word or a checklist. The action holds the rules and says what is refused."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict

from certify.models import Checklist, NamedText
from certify.models.choices import ChecklistUse
from certify.rules.entry import Refusal
from certify.vocabulary.actions import ChecklistSaid, WordSaid, edition_of
from certify.vocabulary.cache import vocabulary
from certify.vocabulary.kinds import WordKind
from certify.vocabulary.tree import DEEPEST

LIMITED = "Paragraphs, lists, **bold**, *italics* and [links](https://…)."
LONGEST_TEXT = 20_000  # characters
RESERVED = "add"


def _text(label: str, rows: int, most: int, help_text: str = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(required=False, max_length=most, label=label, widget=widget, help_text=help_text)


class EditForm(forms.Form):
    """What was opened at an edition. What the action refuses is put beside its field."""

    edition = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def refuse(self, refused: list[Refusal]) -> None:
        for one in refused:
            self.add_error(one.field if one.field in self.fields else None, one.sentence)

    @property
    def opened_at(self) -> int:
        return self.cleaned_data.get("edition") or 0

    def open_at(self, edition: int) -> None:
        """Show the form as if it had been opened at this edition, so that saving again puts it over that one."""
        data = cast(QueryDict, self.data).copy()
        data["edition"] = str(edition)
        self.data = data


class WordForm(EditForm):
    """A reason or a problem."""

    name = forms.CharField(max_length=50, label="Name")
    parent = forms.ChoiceField(required=False, label="Stands below")
    description = _text("What it means", 3, 2000, LIMITED)
    what_to_do = _text("What to do", 4, 4000, LIMITED)
    is_retired = forms.BooleanField(required=False, label="Retired: no longer offered, nor what stands below it")

    def __init__(self, *args: Any, kind: WordKind, word: NamedText | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if word is None:
            del self.fields["is_retired"]
        self.fields["parent"].choices = [("", "nothing: it stands at the top"), *_places(kind, word)]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def said(self) -> WordSaid:
        """What was said, for the action."""
        said = self.cleaned_data
        return WordSaid(
            name=said["name"],
            parent=int(said["parent"]) if said["parent"] else None,
            description=said["description"].strip(),
            what_to_do=said["what_to_do"].strip(),
            is_retired=said.get("is_retired", False),
        )


def _places(kind: WordKind, word: NamedText | None) -> list[tuple[str, str]]:
    """Where the word may stand: below what is offered and not too deep; where it stands now in any case."""
    now = word.parent_id if word else None
    own = word.pk if word else None
    return [
        (str(one.pk), one.path)
        for one in vocabulary().words[kind.field]
        if one.pk == now or (one.level < DEEPEST and not one.is_retired and own not in (one.pk, *one.above))
    ]


def values_of_word(word: NamedText) -> dict[str, Any]:
    """What a form of this word starts with."""
    names = ("name", "description", "what_to_do", "is_retired")
    return {name: getattr(word, name) for name in names} | {"parent": word.parent_id, "edition": edition_of(word)}


class ChecklistForm(EditForm):
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
        max_length=LONGEST_TEXT,
        label="Text",
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "true"}),
        help_text=f"A heading (## Pixel) begins a group, - or 1. an item. {LIMITED}",
    )
    is_retired = forms.BooleanField(required=False, label="Retired: gone through no longer")

    def __init__(self, *args: Any, checklist: Checklist | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["identifier" if checklist else "is_retired"]

    def clean_identifier(self) -> str:
        if self.cleaned_data["identifier"] == RESERVED:
            raise forms.ValidationError("“add” is an address of its own. Choose another identifier.")
        return self.cleaned_data["identifier"]

    def clean_text(self) -> str:
        return self.cleaned_data["text"].replace("\r\n", "\n").strip()

    def said(self) -> ChecklistSaid:
        """What was said, for the action."""
        said = self.cleaned_data
        names = ("title", "text", "used", "position")
        return ChecklistSaid(**{name: said[name] for name in names}, is_retired=said.get("is_retired", False))


def values_of_checklist(checklist: Checklist) -> dict[str, Any]:
    """What a form of this checklist starts with."""
    names = ("title", "used", "position", "text", "is_retired")
    return {name: getattr(checklist, name) for name in names} | {"edition": edition_of(checklist)}
