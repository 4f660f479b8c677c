"""Every address of the house.

Pages of the console stand here; an app's own pages in its own `urls`.
"""

from django.contrib import admin
from django.urls import include, path

from console.pages import (
    audit,
    audit_export,
    breakers,
    docs_pages,
    drill_pages,
    find,
    fleet_page,
    halt_pages,
    health_page,
    incident_pages,
    insights_page,
    offboard_page,
    query_completion,
    restored_page,
    static,
    token_pages,
)

urlpatterns = [
    path("", fleet_page.overview, name="fleet"),
    path("fleet/rows/", fleet_page.changed_rows, name="fleet-rows"),
    path("", include("runs.urls")),
    path("", include("approvals.urls")),
    path("api/v1/", include("console.api.urls")),
    path("find/", find.find, name="find"),
    path("complete/<slug:box>/", query_completion.complete, name="complete"),
    path("audit/", audit.audit, name="audit"),
    path("audit/export.<slug:form>", audit_export.audit_export, name="audit_export"),
    path("audit/<int:number>/", audit.audit_event, name="audit_event"),
    path("audit/<int:number>/look/", audit.audit_look, name="audit_look"),
    path("audit/<int:number>/<str:key>/", audit.audit_value, name="audit_value"),
    path("policies/", breakers.policies, name="policies"),
    path("policies/breakers/", breakers.breakers, name="breakers"),
    path("policies/breakers/force/", breakers.breaker_force, name="breaker_force"),
    path("policies/breakers/reset/", breakers.breaker_reset, name="breaker_reset"),
    path("policies/halt/", halt_pages.halt, name="halt"),
    path("policies/halt/reach/", halt_pages.halt_reach, name="halt_reach"),
    path("policies/halt/banner/", halt_pages.halt_banner, name="halt_banner"),
    path("policies/halt/<int:halt_id>/release/", halt_pages.halt_release, name="halt_release"),
    path("drills/", drill_pages.drills, name="drills"),
    path("drills/start/", drill_pages.drill_start, name="drill_start"),
    path("drills/<int:drill_id>/", drill_pages.drill, name="drill"),
    path(
        "drills/monthly/<int:row_id>/stop/",
        drill_pages.drill_unschedule,
        name="drill_unschedule",
    ),
    path("docs/", docs_pages.docs, name="docs"),
    path("docs/<slug:slug>/", docs_pages.docs_page, name="docs_page"),
    path("incidents/", incident_pages.incidents, name="incidents"),
    path("incidents/<slug:name>/now/", incident_pages.incident_now, name="incident_now"),
    path("incidents/<slug:name>/start/", incident_pages.incident_start, name="incident_start"),
    path("insights/", insights_page.insights, name="insights"),
    path("tokens/", token_pages.tokens, name="tokens"),
    path("tokens/<int:token>/revoke/", token_pages.token_revoke, name="token_revoke"),
    path("", include("console.pages.account_urls")),
    path("people/<int:person>/offboard/", offboard_page.offboard, name="offboard"),
    path("health/", health_page.health, name="health"),
    path("healthz", health_page.healthz, name="healthz"),
    path("restored/", restored_page.restored_page, name="restored"),
    path("restored/accept/", restored_page.restore_accept, name="restore_accept"),
    path("favicon.ico", static.favicon),
    path("admin/", admin.site.urls),
]
