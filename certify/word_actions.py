"""All that writes the words shifters choose from: reasons and problems. One transaction and one change each."""

from __future__ import annotations

import logging
from typing import TypeVar

from django.core.exceptions import PermissionDenied

from certify.models import NamedText
from history.choices import Kind
from history.deed import deed
from users.models import User

logger = logging.getLogger(__name__)
W = TypeVar("W", bound=NamedText)


def add_word(actor: User, model: type[W], name: str, description: str = "") -> W:
    """The reason or problem of this name, however it is capitalised; made if there is none yet.

    Raises `PermissionDenied`.
    """
    if not actor.may_certify:
        raise PermissionDenied("Adding a reason or a problem needs the role shifter.")
    with deed(actor, Kind.WORDS):
        if known := word_named(model, name):
            return known
        word, is_new = model._default_manager.get_or_create(name=name, defaults={"description": description})
    if is_new:
        logger.info("%s added the %s %r", actor.username, model._meta.verbose_name, name)
    return word


def word_named(model: type[W], name: str) -> W | None:
    """The word of this name, however it is capitalised."""
    return model._default_manager.filter(name__iexact=name).first()
