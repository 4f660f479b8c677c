"""The demo's app: a small company that exists so that a first visitor has
something to supervise."""

from django.apps import AppConfig
from django.conf import settings


class DemoConfig(AppConfig):
    name = "runs.demo"
    label = "demo"
    verbose_name = "Demo company"

    @property
    def offers_tools(self) -> bool:
        """Whether the company's tools exist: a console without the demo has none of them."""
        return bool(settings.DEMO or settings.PRIVATE)
