"""Fields of forms that name a person."""

from __future__ import annotations

from typing import Any

from django import forms

from users.models import Role, User


class ShifterField(forms.ModelChoiceField):
    """A person who may certify, chosen by name and account name."""

    def __init__(self, **options: Any) -> None:
        people = User.objects.filter(is_active=True).exclude(role=Role.GUEST).order_by("username")
        says = {"required": "Choose a shifter.", "invalid_choice": "That is no shifter. Choose another."}
        super().__init__(people, empty_label="choose", error_messages=says, **options)

    def label_from_instance(self, obj: User) -> str:
        return f"{obj.display_name} ({obj.username})" if obj.display_name != obj.username else obj.username
