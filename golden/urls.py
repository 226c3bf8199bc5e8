"""URLs of golden files and policies."""

from django.urls import path

from golden.views import files, policies, policy_preview

app_name = "golden"
urlpatterns = [
    path("", files.file_list, name="files"),
    path("convert/", policies.convert, name="convert"),
    path("preview/", policy_preview.policy_preview, name="preview"),
    path("policies/new/", policies.policy_new, name="policy-new"),
    path("policies/<slug:name>/", policies.policy, name="policy"),
    path("policies/<slug:name>/edit/", policies.policy_edit, name="policy-edit"),
]
