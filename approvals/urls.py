"""Addresses of the approvals pages. One stem for each act: the same word in address, view, service
and test.
"""

from django.urls import path

from approvals import answer_views, many, views, withdraw_views

app_name = "approvals"
urlpatterns = [
    path("approvals/", views.queue_page, name="queue"),
    path("approvals/rows/", views.queue_rows, name="rows"),
    path("approvals/count/", views.queue_count, name="count"),
    path("approvals/load/", views.load_page, name="load"),
    path("approvals/bulk/", many.request_bulk, name="bulk"),
    path("approvals/withdraw/", withdraw_views.decision_withdraw, name="withdraw"),
    path("approvals/standing/", views.standing_page, name="standing"),
    path(
        "approvals/standing/<uuid:run_id>/<slug:grant>/revoke/",
        answer_views.grant_revoke,
        name="revoke",
    ),
    path("approvals/<int:request_id>/", answer_views.request_card, name="card"),
    path("approvals/<int:request_id>/now/", views.card_now, name="now"),
    path("approvals/<int:request_id>/decide/", answer_views.request_decide, name="decide"),
]
