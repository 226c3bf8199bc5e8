"""URLs of what is sent to Run Registry."""

from django.urls import path

from registry_sync import views

app_name = "registry_sync"
urlpatterns = [
    path("list/<int:pk>/registry/", views.plan, name="plan"),
    path("list/<int:pk>/registry/move/", views.move, name="move"),
    path("registry/", views.outbox, name="outbox"),
    path("registry/confirm/", views.confirm_many_plans, name="confirm-many"),
    path("registry/<int:pk>/", views.receipt, name="receipt"),
    path("registry/<int:pk>/undo/", views.undo, name="undo"),
]
