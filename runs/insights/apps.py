"""The app of the rollups: two small tables beside the journal."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "runs.insights"
    label = "insights"
    verbose_name = "Insights"
    default_auto_field = "django.db.models.BigAutoField"
