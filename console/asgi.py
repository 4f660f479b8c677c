"""What Daphne serves: pages over HTTP, live frames over websockets. Foreign origins get no socket.

The live socket reads the session itself, again and again while it lasts; middleware would stand in
front of each frame.
"""

import gc
import os
import socket

import django
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  needs Django set up

from console.doors.body_limits import Bounded  # noqa: E402
from console.doors.origin import SameOrigin  # noqa: E402
from console.finishing import Finishing  # noqa: E402
from console.live import telling  # noqa: E402
from console.live.socket_urls import websocket_urlpatterns  # noqa: E402
from console.stack import pooler, readiness  # noqa: E402

telling.call(f"web@{socket.gethostname()}")
# behind the gate `prepare` has looked, and this process must not wait for a database yet
if not readiness.closed():
    pooler.refuse_or_exit(settings.DATABASE_DSN)

application = ProtocolTypeRouter(
    {
        "http": Bounded(Finishing(get_asgi_application())),
        "websocket": SameOrigin(URLRouter(websocket_urlpatterns)),
    }
)

# what is loaded by now stays: no collection has to look through it again, which would hold up every
# page and every frame for a tenth of a second
gc.freeze()
