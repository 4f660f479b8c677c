"""Addresses with a view whose author forgot to say whom it is for."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def forgotten(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("everything")


urlpatterns = [path("forgotten/", forgotten)]
