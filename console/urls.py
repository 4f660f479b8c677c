"""Every address of the house. Pages of the console stand here; an app's own pages in its own `urls`."""

from django.contrib import admin
from django.urls import include, path

from console.pages import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("", include("runs.urls")),
]
