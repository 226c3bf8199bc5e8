"""URLs of golden files and policies."""

from django.urls import path

from golden.views import files, other_flags, policies, policy_preview

app_name = "golden"
urlpatterns = [
    path("", files.file_list, name="files"),
    path("convert/", policies.convert, name="convert"),
    path("preview/", policy_preview.policy_preview, name="preview"),
    path("policies/new/", policies.policy_new, name="policy-new"),
    path("policies/<slug:name>/", policies.policy, name="policy"),
    path("policies/<slug:name>/edit/", policies.policy_edit, name="policy-edit"),
    path("policies/<slug:name>/read-flags/", other_flags.request_flags, name="read-flags"),
    path("compare/", files.compare, name="compare"),
    path("certifications/<int:pk>/", files.of_certification, name="of-certification"),
    path("<int:pk>/", files.file, name="file"),
    path("<int:pk>/file.json", files.file_json, name="file-json"),
    path("<int:pk>/manifest.json", files.manifest_json, name="manifest-json"),
    path("<int:pk>/why/", files.why, name="why"),
    path("<int:pk>/verify/", files.verify, name="verify"),
    path("<int:pk>/differences/", files.differences, name="differences"),
]
