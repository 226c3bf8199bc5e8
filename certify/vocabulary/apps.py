"""Reasons, problems and checklists, with the pages that show and edit them."""

from django.apps import AppConfig


class VocabularyConfig(AppConfig):
    name = "certify.vocabulary"
    label = "words"
