"""Form fields that select a user."""

from __future__ import annotations

from typing import Any

from django import forms

from users.models import Role, User


class ShifterField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Choice of an active user with at least the role shifter, labelled by name and account name."""

    def __init__(self, **options: Any) -> None:
        shifters = User.objects.filter(is_active=True).exclude(role=Role.GUEST).order_by("username")
        messages = {"required": "Choose a shifter.", "invalid_choice": "That is no shifter. Choose another."}
        super().__init__(shifters, empty_label="choose", error_messages=messages, **options)

    def label_from_instance(self, obj: User) -> str:
        """Return the name with the account name, or only the account name of a user without a name."""
        return f"{obj.display_name} ({obj.username})" if obj.display_name != obj.username else obj.username
