"""Django's settings.

Everything that differs between machines comes from the environment; the page Settings names it.
"""

import os
import sys
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from console import environment_values
from console.signing_in import oidc_settings
from console.stack import own_apps, places, public_address, usable_apps

# lets `ModelAdmin[Run]` and the like be written where the type checker wants them
django_stubs_ext.monkeypatch()


def _flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


def _listed(name: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


BASE_DIR = Path(__file__).resolve().parent.parent
DATA = places.data_folder()
SECRET_KEY = places.secret_key()
# what proves the journal against whoever owns the database: the signing key and the file of seals
SEAL_KEY = os.environ.get("SIGNALBOX_SEAL_KEY") or str(DATA / "seal_key")
SEALS = os.environ.get("SIGNALBOX_SEALS") or str(DATA / "seals.txt")
# by which push services know this console: see console.outside.push_key
PUSH_KEY = os.environ.get("SIGNALBOX_PUSH_KEY") or str(DATA / "push_key")
DEBUG = _flag("DEBUG")
HTTPS = _flag("SIGNALBOX_HTTPS")
PRIVATE = _flag("SIGNALBOX_PRIVATE")
DEMO = _flag("SIGNALBOX_DEMO")  # `up` says it for its own processes: on for an embedded database
# factor on its tools' made-up latency
DEMO_PACE = environment_values.number("SIGNALBOX_DEMO_PACE", os.environ)
# factor on how often its suppliers misbehave
DEMO_MISCHIEF = environment_values.number("SIGNALBOX_DEMO_MISCHIEF", os.environ)
# `host:port` that the demo's fetch_url may ask; nobody by default
DEMO_FETCH_HOSTS = _listed("SIGNALBOX_DEMO_FETCH_HOSTS")

ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *_listed("SIGNALBOX_HOSTS")]
# where links in messages lead, and forms may come from
SITE_URL = places.address(
    "SIGNALBOX_URL", public_address.usual(_listed("SIGNALBOX_HOSTS"), https=HTTPS)
).rstrip("/")
CSRF_TRUSTED_ORIGINS = public_address.trusted_origins(_listed("SIGNALBOX_HOSTS"), SITE_URL)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "console",
    "console.journal",
    "console.live",
    "policies",
    "runs",
    "runs.demo",
    "runs.incidents",
    "runs.insights",
    "approvals",
]
# a team's own, importable from the folder that the command was given in: the `tools` module of each
# is found by itself
own_apps.make_importable(os.environ)
OWN_APPS = usable_apps.sieved(_listed("SIGNALBOX_APPS"), INSTALLED_APPS)
INSTALLED_APPS += OWN_APPS.configs

MIDDLEWARE = [
    "console.pages.health_page.Knocked",
    "console.signing_in.client_address.TrueAddress",
    "django.middleware.security.SecurityMiddleware",
    "console.doors.json_answers.JsonErrors",
    "console.pages.static.StaticFiles",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "console.doors.permitted.Permitted",
    "console.doors.storable_text.Legible",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "console.pages.written.WrittenOut",
    "console.signing_in.known_person.KnownPerson",
    "console.signing_in.session_limits.Presence",
    "allauth.account.middleware.AccountMiddleware",
    "console.pages.signed_out.SignedIn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.pages.refusal_pages.Refusals",
    "console.pages.outage_page.OutageMiddleware",
    "console.pages.joined_files.JoinedFiles",
]

ROOT_URLCONF = "console.urls"
ASGI_APPLICATION = "console.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# The database. DATABASE_DSN is for raw psycopg connections, DATABASES for Django's own; both lead
# to the same place. for `prepare`, whose DATABASE_URL is that of the tables' owner: the role that
# the running processes sign in as
RUNTIME_ROLE = os.environ.get("SIGNALBOX_RUNTIME_ROLE", "")
# A server that no longer answers is noticed in half a minute, unless the address says otherwise.
NOTICED = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
DATABASE_URL = places.address("DATABASE_URL", "postgresql:///signalbox")
_given = conninfo_to_dict(DATABASE_URL)
DATABASE_DSN = make_conninfo(
    DATABASE_URL, **{name: value for name, value in NOTICED.items() if name not in _given}
)
JOURNAL_POOL = environment_values.whole("SIGNALBOX_JOURNAL_POOL", os.environ)
RUNS_POOL = environment_values.whole("SIGNALBOX_RUNS_POOL", os.environ)
# Most runs of one principal at work at the same time; 0 is any number
ACTIVE_PER_PRINCIPAL = environment_values.whole("SIGNALBOX_ACTIVE_PER_PRINCIPAL", os.environ)
# Tool processes of a worker: how many at most (0: tools run in the worker itself), and the
# megabytes one may grow to
TOOL_PROCESSES = environment_values.whole("SIGNALBOX_TOOL_PROCESSES", os.environ)
TOOL_MEMORY_MB = environment_values.whole("SIGNALBOX_TOOL_MEMORY_MB", os.environ)
DJANGO_POOL = environment_values.whole("SIGNALBOX_DJANGO_POOL", os.environ)


def _database(dsn: str) -> dict[str, Any]:
    """A libpq URL or conninfo string as Django wants it; what Django has no name for stays an
    option of the connection.
    """
    parts = conninfo_to_dict(dsn)
    names = {
        "NAME": "dbname",
        "USER": "user",
        "PASSWORD": "password",
        "HOST": "host",
        "PORT": "port",
    }
    own = {setting: str(parts.pop(key, None) or "") for setting, key in names.items()}
    options = {**parts, "pool": {"min_size": 1, "max_size": DJANGO_POOL, "timeout": 15}}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **own,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": _database(DATABASE_DSN)}
if PRIVATE:
    # thrown-away services: the tests' database may carry the very name, so raw connections and
    # child processes meet it as well
    DATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"]}
# what all web processes have to know alike and nobody needs for long: codes that were used, and how
# many were wrong
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "console_cache",
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis (or Valkey): nudges for the workers, frames for the browsers. `redis+socket` is what Celery
# calls a Unix socket.
REDIS_URL = places.address("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace(
    "?db=", "?virtual_host=", 1
)
REDIS_PREFIX = os.environ.get("SIGNALBOX_REDIS_PREFIX", "signalbox:")
# without a time-out whoever sends a message waits for as long as a server stands still
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": REDIS_PREFIX,
    "socket_timeout": 2.0,
    "socket_connect_timeout": 2.0,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "clock"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
# a message that nobody took before the next one is due says nothing new
CELERY_BEAT_SCHEDULE = {
    "watchdog": {"task": "runs.watch", "schedule": 2.0, "options": {"expires": 2.0}},
    "grants": {"task": "runs.return_grants", "schedule": 10.0, "options": {"expires": 10.0}},
    "flood": {"task": "approvals.guard", "schedule": 2.0, "options": {"expires": 2.0}},
    "notices": {"task": "approvals.announce", "schedule": 2.0, "options": {"expires": 2.0}},
    "insights": {"task": "console.roll_up", "schedule": 5.0, "options": {"expires": 5.0}},
    "index": {"task": "console.index", "schedule": 1.0, "options": {"expires": 1.0}},
    "bulk acts": {"task": "console.bulk_acts", "schedule": 1.0, "options": {"expires": 1.0}},
    "seals": {"task": "console.seal", "schedule": 60.0, "options": {"expires": 60.0}},
    "leavers": {"task": "approvals.leave", "schedule": 5.0, "options": {"expires": 5.0}},
    "drills": {"task": "console.drills", "schedule": 2.0, "options": {"expires": 2.0}},
    "released levers": {
        "task": "console.resume_halted",
        "schedule": 1.0,
        "options": {"expires": 1.0},
    },
    "expiry": {"task": "approvals.expire", "schedule": 1.0, "options": {"expires": 1.0}},
}
# how often tools that can list their effects are compared with the journal, and how far back
RECONCILE_EVERY = environment_values.number("SIGNALBOX_RECONCILE_EVERY", os.environ)
RECONCILE_HOURS = environment_values.number("SIGNALBOX_RECONCILE_HOURS", os.environ)
if RECONCILE_EVERY > 0:
    CELERY_BEAT_SCHEDULE["reconciliation"] = {
        "task": "console.reconcile",
        "schedule": RECONCILE_EVERY,
        "options": {"queue": "runs", "expires": RECONCILE_EVERY},
    }
if DEMO:
    CELERY_BEAT_SCHEDULE["demo"] = {
        "task": "demo.tend",
        "schedule": 4.0,
        "options": {"expires": 4.0},
    }

# seconds for which a person's answer to a request is held back, so that they can undo it; 0: none
DECISION_HOLD = environment_values.number("SIGNALBOX_DECISION_HOLD", os.environ)

# Notifications: the mail server. Without one, mail waits in its row and
# says so.
MAILS = bool(os.environ.get("SIGNALBOX_SMTP_HOST"))
EMAIL_HOST = os.environ.get("SIGNALBOX_SMTP_HOST", "localhost")
EMAIL_PORT = environment_values.whole("SIGNALBOX_SMTP_PORT", os.environ)
EMAIL_HOST_USER = os.environ.get("SIGNALBOX_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("SIGNALBOX_SMTP_PASSWORD", "")
EMAIL_USE_TLS = _flag("SIGNALBOX_SMTP_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("SIGNALBOX_MAIL_FROM", "signalbox@localhost")

# A command in front of every child process a worker starts (MCP servers), so that none outlives its
# worker.
TIED = [sys.executable, "-I", "-S", str(BASE_DIR / "console" / "stack" / "parent_death.py")]

# The account that stdio servers run as where this is root; empty: one of its own for each.
SERVERS_AS = os.environ.get("SIGNALBOX_SERVERS_AS", "")

# People
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/signin/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/signin/?out"
ACCOUNT_ADAPTER = "console.signing_in.house_account.HouseAccount"
ACCOUNT_FORMS = {"login": "console.signing_in.password_form.PasswordForm"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
# passwords have a pace of their own (console.signing_in.password_pace); this one is for codes
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "5/5m/key", "reauthenticate": None}
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
OIDC = oidc_settings.read(os.environ)
SOCIALACCOUNT_ADAPTER = "console.signing_in.oidc.HouseOidc"
SOCIALACCOUNT_PROVIDERS = OIDC.apps()
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form that leads off this host is what the CSP forbids
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
MFA_ADAPTER = "console.signing_in.house_factors.HouseFactors"
MFA_FORMS = {
    "add_webauthn": "console.signing_in.passkey_forms.AddForm",
    "authenticate_webauthn": "console.signing_in.passkey_forms.SecondForm",
    "login_webauthn": "console.signing_in.passkey_forms.SignInForm",
    "reauthenticate_webauthn": "console.signing_in.passkey_forms.ConfirmForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off
MFA_TOTP_ISSUER = "Signalbox"
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
# seconds after which one shows again that one is oneself, before a dangerous act
CONFIRM_WITHIN = int(environment_values.number("SIGNALBOX_CONFIRM_MINUTES", os.environ) * 60)
SIGN_IN_PACED = True  # off only where tests try thousands of passwords
# how many proxies stand before the console and can be believed about whom they heard
PROXIES = environment_values.whole("SIGNALBOX_PROXIES", os.environ)
# seconds without an act of its person after which a session is over; 0: it lasts as long as it may
IDLE_LIMIT = int(environment_values.number("SIGNALBOX_IDLE_HOURS", os.environ) * 3600)
SESSION_COOKIE_NAME = "signalbox"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # a server with hundreds of tools is one form of rows
CSRF_COOKIE_HTTPONLY = True  # forms and HTMX take the token from the page
CSRF_FAILURE_VIEW = "console.doors.old_forms.refused"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_SSL_REDIRECT = False  # a load balancer's business
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# Words, time, files
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
FORMAT_MODULE_PATH = "console.locale_formats"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "console.pages.assets.ReleasedFiles"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 60
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{levelname:<7} {name}: {message}", "style": "{"}},
    "filters": {"tidy": {"()": "console.pages.logs.Tidy"}},
    # on the handler: those of a logger do not see what its children, one for each kind, have to say
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["tidy"]}
    },
    "root": {"handlers": ["stderr"], "level": environment_values.log_level(os.environ)},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"filters": ["tidy"]},
        "django.security": {"filters": ["tidy"]},
        "allauth": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "asyncio": {"level": "WARNING"},
        "mcp": {"level": "WARNING"},
        # a stack for each stray word of a server, which it repeats: ours say which server it was
        **{
            name: {"level": "CRITICAL"}
            for name in ("mcp.client.stdio", "mcp.client.streamable_http", "mcp.client.sse")
        },
        "daphne": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
    },
}
