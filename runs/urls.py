"""Addresses of the pages about runs."""

from django.urls import URLPattern

app_name = "runs"
urlpatterns: list[URLPattern] = []
