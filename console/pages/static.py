"""Static files, served from where they are without a collecting step.

They are sent whole, since a streamed file would block the event loop.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from console import permits
from console.pages import assets


@permits.open_to_everybody("a picture")
@login_not_required
@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """The icon, where browsers look for it on pages that name none, such as the admin's."""
    return HttpResponsePermanentRedirect(static("favicon.svg"))


FOR_GOOD = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=60"


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Files of a release, and for any other address WhiteNoise, answering with the file's bytes:
    its own streaming response is made for WSGI.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asset = assets.asked_for(request.path_info) if request.method in {"GET", "HEAD"} else None
        return super().__call__(request) if asset is None else sent(asset, request)

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        answer = static_file.get_response(request.method or "GET", request.META)
        content = b""
        if answer.file is not None:
            with answer.file:
                content = answer.file.read()
        response = HttpResponse(content, status=int(answer.status))
        del response["content-type"]
        for name, value in answer.headers:
            response[name] = value
        if content:
            # a file that was edited or pulled under the running server has another length than
            # WhiteNoise remembers
            response["Content-Length"] = str(len(content))
        return response


def sent(asset: assets.Asset, request: HttpRequest) -> HttpResponse:
    """The file, packed for whoever takes it so."""
    packed = asset.packed if "gzip" in request.headers.get("Accept-Encoding", "") else None
    response = HttpResponse(packed or asset.content, content_type=asset.kind)
    response["Cache-Control"] = FOR_GOOD if asset.current else BRIEFLY
    response["Content-Length"] = str(len(response.content))
    if asset.packed:
        response["Vary"] = "Accept-Encoding"
    if packed:
        response["Content-Encoding"] = "gzip"
    if request.method == "HEAD":
        response.content = b""
    return response
