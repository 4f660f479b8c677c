"""The incident library's app: it has the far side of the shadow tools as a table, and no tools that
other runs could name.
"""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "runs.incidents"
    label = "incidents"
    verbose_name = "Incident library"
    default_auto_field = "django.db.models.BigAutoField"
