"""The demo's app: a small company that exists so that a first visitor has
something to supervise."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "runs.demo"
    label = "demo"
    verbose_name = "Demo company"
