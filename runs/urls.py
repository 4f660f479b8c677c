"""Addresses of the pages about runs. One stem for each act: the same word in address, view,
service, event and test.
"""

from django.urls import path

from runs import finding_views, starting, tool_pages, verb_views, views

app_name = "runs"
urlpatterns = [
    path("tools/", tool_pages.tools, name="tools"),
    path("tools/<int:tool>/accept/", tool_pages.tool_accept, name="tool_accept"),
    path("tools/<int:tool>/leave-out/", tool_pages.tool_leave_out, name="tool_leave_out"),
    path("tools/<int:tool>/offer/", tool_pages.tool_offer, name="tool_offer"),
    path("tools/<int:tool>/describe/", tool_pages.tool_describe, name="tool_describe"),
    path("findings/<int:finding>/close/", finding_views.finding_close, name="finding_close"),
    path("runs/start/", starting.run_start, name="start"),
    path("runs/start/limits/", starting.run_limits, name="limits"),
    path("runs/<uuid:run_id>/", views.run_page, name="run"),
    path("runs/<uuid:run_id>/since/", views.run_since, name="since"),
    path("runs/<uuid:run_id>/peek/", views.run_peek, name="peek"),
    path("runs/<uuid:run_id>/audit/", views.run_audit, name="audit"),
    path("runs/<uuid:run_id>/context/", views.run_context, name="context"),
    path("runs/<uuid:run_id>/steps/<int:step>/", views.run_sent, name="sent"),
    path("runs/<uuid:run_id>/past/<int:step>/", views.run_past, name="past"),
    path("runs/<uuid:run_id>/events/<int:seq>/place/", views.run_place, name="place"),
    path("runs/<uuid:run_id>/events/<int:seq>/", views.run_event, name="event"),
    path(
        "runs/<uuid:run_id>/events/<int:seq>/pictures/<int:place>/",
        views.run_picture,
        name="picture",
    ),
    path("runs/<uuid:run_id>/pause/", verb_views.run_pause, name="pause"),
    path("runs/<uuid:run_id>/resume/", verb_views.run_resume, name="resume"),
    path("runs/<uuid:run_id>/kill/", verb_views.run_kill, name="kill"),
    path("runs/<uuid:run_id>/requeue/", verb_views.run_requeue, name="requeue"),
    path("runs/<uuid:run_id>/extend/", verb_views.run_extend, name="extend"),
    path("runs/<uuid:run_id>/continue/", verb_views.run_continue, name="continue"),
    path("runs/<uuid:run_id>/undo/", verb_views.run_undo, name="undo"),
    path("runs/<uuid:run_id>/settle/", verb_views.run_settle, name="settle"),
    path("runs/<uuid:run_id>/acknowledge/", verb_views.run_acknowledge, name="acknowledge"),
]
