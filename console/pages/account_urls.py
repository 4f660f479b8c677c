"""Addresses of signing in and of one's own account. Those that lead to django-allauth's pages have
the names by which it looks for them.
"""

from django.urls import path

from console.pages import account_pages, factor_pages, oidc_pages, password_page, push_pages, signin
from console.signing_in.oidc_settings import PROVIDER

ONE = {"provider_id": PROVIDER}

urlpatterns = [
    path("signin/", signin.signin, name="signin"),
    path("signin/", signin.signin, name="account_login"),
    path("signin/second/", factor_pages.second, name="mfa_authenticate"),
    path("signin/passkey/", factor_pages.by_passkey, name="mfa_login_webauthn"),
    path("signin/confirm/", factor_pages.confirm_password, name="account_reauthenticate"),
    path("signin/confirm/code/", factor_pages.confirm_code, name="mfa_reauthenticate"),
    path(
        "signin/confirm/passkey/", factor_pages.confirm_passkey, name="mfa_reauthenticate_webauthn"
    ),
    path("signin/confirm/anew/", factor_pages.confirm_anew, name="confirm_anew"),
    path("signin/oidc/", oidc_pages.oidc_begin, ONE, name="openid_connect_login"),
    path("signin/oidc/back/", oidc_pages.oidc_back, ONE, name="openid_connect_callback"),
    path("signin/<str:token>/", signin.signin_link, name="signin_link"),
    path("signout/", signin.signout, name="signout"),
    path("account/", account_pages.account, name="account"),
    path("account/", account_pages.account, name="mfa_index"),
    path("account/sessions/end/", account_pages.sessions_end, name="sessions_end"),
    path("account/sessions/<int:session>/end/", account_pages.session_end, name="session_end"),
    path("account/push/on/", push_pages.push_on, name="push_on"),
    path("account/push/<int:browser>/off/", push_pages.push_off, name="push_off"),
    path("account/push/<int:browser>/try/", push_pages.push_try, name="push_try"),
    path("push-worker.js", push_pages.push_worker, name="push_worker"),
    path("account/password/", password_page.password, name="own_password"),
    path("account/app/", factor_pages.totp_add, name="mfa_activate_totp"),
    path("account/app/remove/", factor_pages.totp_remove, name="mfa_deactivate_totp"),
    path("account/passkeys/add/", factor_pages.passkey_add, name="mfa_add_webauthn"),
    path(
        "account/passkeys/<int:pk>/remove/",
        factor_pages.passkey_remove,
        name="mfa_remove_webauthn",
    ),
    path("account/codes/", factor_pages.codes, name="mfa_view_recovery_codes"),
    path("account/codes/new/", factor_pages.codes_new, name="mfa_generate_recovery_codes"),
]
