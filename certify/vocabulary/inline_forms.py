"""The small forms in which a reason or a problem is added while certifying."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.http import QueryDict

from certify.models import NamedText
from certify.models.choices import Component
from certify.vocabulary.actions import NOT_IN_TRAINING, add_word, word_named
from certify.vocabulary.cache import WORDS
from users.models import User

LONGEST_NAME = NamedText._meta.get_field("name").max_length


class NewWordForm(forms.Form):
    """A word typed on the certify page; its fields begin with `new_` and what it is."""

    what: ClassVar[str]
    known: NamedText | None = None

    @property
    def field(self) -> str:
        """The field of the certify form that it is chosen in."""
        raise NotImplementedError

    @classmethod
    def is_begun(cls, sent: QueryDict) -> bool:
        """Whether a name or a meaning was typed."""
        return any(sent.get(f"new_{cls.what}{part}") for part in ("", "_description"))

    @classmethod
    def as_typed(cls, sent: QueryDict) -> NewWordForm:
        """The form with what was typed, no word on what is wrong with it."""
        return cls(initial={name: sent.get(name, "") for name in cls.base_fields})

    def clean(self) -> None:
        """A name that is there already is refused; the word that has it stands in `known`."""
        name = f"new_{self.what}"
        if name not in self.cleaned_data or set(self.errors) - {name}:
            return
        self.cleaned_data[name] = " ".join(self.cleaned_data[name].split())
        self.known = word_named(WORDS[self.field], self.cleaned_data[name])
        if self.known and self.known.is_retired:
            self.add_error(name, f"“{self.known.name}” is retired. Choose another name.")
        elif self.known:
            self.add_error(name, f"“{self.known.name}” is there already and is chosen now; nothing was added.")

    @property
    def offers(self) -> NamedText | None:
        """The word that is chosen instead of being made again."""
        return self.known if self.known and not self.known.is_retired else None

    def is_to_be_added_by(self, actor: User) -> bool:
        """Whether it can be taken; in training nothing is added that others see, and its error says so."""
        if actor.in_training:
            self.add_error(f"new_{self.what}", NOT_IN_TRAINING)
        return self.is_valid()

    def add(self, actor: User) -> NamedText:
        said = self.cleaned_data
        return add_word(actor, WORDS[self.field], said[f"new_{self.what}"], said[f"new_{self.what}_description"])


class NewReasonForm(NewWordForm):
    what = "reason"

    new_reason = forms.CharField(max_length=LONGEST_NAME, label="Name")
    new_reason_description = forms.CharField(max_length=500, required=False, label="What it means")

    @property
    def field(self) -> str:
        return "bad_reason"


class NewProblemForm(NewWordForm):
    what = "problem"

    new_problem_of = forms.ChoiceField(choices=Component.choices, label="Seen in")
    new_problem = forms.CharField(max_length=LONGEST_NAME, label="Name")
    new_problem_description = forms.CharField(max_length=500, required=False, label="What it means")

    @property
    def field(self) -> str:
        return f"{self.cleaned_data['new_problem_of']}_problems"


FORMS: dict[str, type[NewWordForm]] = {form.what: form for form in (NewReasonForm, NewProblemForm)}


def half_typed(sent: QueryDict | None) -> dict[str, NewWordForm | None]:
    """The forms in which something was typed and not added: a page that comes back still shows it."""
    return {what: form.as_typed(sent) for what, form in FORMS.items() if sent and form.is_begun(sent)}
