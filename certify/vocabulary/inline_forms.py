"""Forms on the certify page that add a reason or a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django import forms

from certify.models import VocabularyTerm
from certify.models.components import Component
from certify.vocabulary.actions import NOT_IN_TRAINING, add_term, term_named
from certify.vocabulary.cache import VOCABULARY_MODELS
from infrastructure.names import clean_name

if TYPE_CHECKING:
    from django.http import QueryDict

    from users.models import User

MAX_NAME_LENGTH = VocabularyTerm._meta.get_field("name").max_length


class InlineTermForm(forms.Form):
    """A new term on the certify page. Its field names begin with `new_` and `term_type`."""

    term_type: ClassVar[str]
    existing_term: VocabularyTerm | None = None

    @property
    def field(self) -> str:
        """Return the field of the certify form in which the term is chosen."""
        raise NotImplementedError

    @classmethod
    def is_started(cls, sent: QueryDict) -> bool:
        """Return whether a name or a description was typed."""
        return any(sent.get(f"new_{cls.term_type}{part}") for part in ("", "_description"))

    @classmethod
    def from_typed(cls, sent: QueryDict) -> InlineTermForm:
        """Return an unbound form with the typed values, so that it is not validated."""
        return cls(initial={name: sent.get(name, "") for name in cls.base_fields})

    def clean(self) -> None:
        """Reject a name that exists already, and set `existing_term` to the term with this name."""
        name = f"new_{self.term_type}"
        if name not in self.cleaned_data or set(self.errors) - {name}:
            return
        self.cleaned_data[name] = clean_name(self.cleaned_data[name])
        if not self.cleaned_data[name]:
            self.add_error(name, "Give it a name.")
            return
        self.existing_term = term_named(VOCABULARY_MODELS[self.field], self.cleaned_data[name])
        if self.existing_term and self.existing_term.is_retired:
            self.add_error(name, f"“{self.existing_term.name}” is retired. Choose another name.")
        elif self.existing_term:
            self.add_error(name, f"“{self.existing_term.name}” is there already and is chosen now; nothing was added.")

    @property
    def term_to_choose(self) -> VocabularyTerm | None:
        """Return the existing term to choose instead of a new one, unless it is retired."""
        return self.existing_term if self.existing_term and not self.existing_term.is_retired else None

    def validate_for(self, actor: User) -> bool:
        """Return whether the form is valid for the actor. Users in training cannot add terms."""
        if actor.in_training:
            self.add_error(f"new_{self.term_type}", NOT_IN_TRAINING)
        return self.is_valid()

    def save(self, actor: User) -> VocabularyTerm:
        """Create the term and return it. Raises `PermissionDenied`."""
        data = self.cleaned_data
        return add_term(
            actor,
            VOCABULARY_MODELS[self.field],
            data[f"new_{self.term_type}"],
            data[f"new_{self.term_type}_description"],
        )


class InlineReasonForm(InlineTermForm):
    """A new reason."""

    term_type = "reason"

    new_reason = forms.CharField(max_length=MAX_NAME_LENGTH, label="Name")
    new_reason_description = forms.CharField(max_length=500, required=False, label="What it means")

    @property
    def field(self) -> str:
        return "bad_reason"


class InlineProblemForm(InlineTermForm):
    """A new problem of a component."""

    term_type = "problem"

    new_problem_of = forms.ChoiceField(choices=Component.choices, label="Seen in")
    new_problem = forms.CharField(max_length=MAX_NAME_LENGTH, label="Name")
    new_problem_description = forms.CharField(max_length=500, required=False, label="What it means")

    @property
    def field(self) -> str:
        return Component(self.cleaned_data["new_problem_of"]).problems_field


INLINE_FORMS: dict[str, type[InlineTermForm]] = {form.term_type: form for form in (InlineReasonForm, InlineProblemForm)}


def started_inline_forms(sent: QueryDict | None) -> dict[str, InlineTermForm | None]:
    """Return the forms with typed but not added terms by term type, to show them again after an error."""
    return {
        term_type: form.from_typed(sent) for term_type, form in INLINE_FORMS.items() if sent and form.is_started(sent)
    }
