"""Addresses for programs. Version 1: fields are added to it, none is taken away."""

from django.urls import path

from console.api import run_acts, run_reads

app_name = "api"
urlpatterns = [
    path("runs", run_acts.api_start, name="start"),
    path("runs/<uuid:run_id>", run_reads.api_run, name="run"),
    path("runs/<uuid:run_id>/result", run_reads.api_result, name="result"),
    path("runs/<uuid:run_id>/events", run_reads.api_events, name="events"),
    path("runs/<uuid:run_id>/kill", run_acts.api_kill, name="kill"),
    path("runs/<uuid:run_id>/pause", run_acts.api_pause, name="pause"),
    path("runs/<uuid:run_id>/resume", run_acts.api_resume, name="resume"),
]
