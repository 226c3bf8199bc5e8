"""The pages on which reasons, problems and checklists are read and edited."""

from django.apps import AppConfig


class VocabularyConfig(AppConfig):
    name = "certify.vocabulary"
    label = "words"
