"""The way to the identity provider and back: django-allauth's own views, for the one provider that
the environment names.
"""

from allauth.socialaccount.providers.openid_connect import views
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from console import permits

part = permits.open_to_everybody("a part of the way in")
oidc_begin = never_cache(require_GET(part(views.login)))
oidc_back = never_cache(require_GET(part(views.callback)))
