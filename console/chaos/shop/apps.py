"""The app that SIGNALBOX_APPS names."""

from django.apps import AppConfig


class ChaosShop(AppConfig):
    name = "console.chaos.shop"
    label = "chaos_shop"
