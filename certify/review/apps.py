from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "certify.review"
    label = "review"
    verbose_name = "Review"
