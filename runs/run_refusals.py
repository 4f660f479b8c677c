"""Refusals that only concern runs."""

from console.refused import Refused


class Unread(Refused):
    """The run's journal cannot be read, so nothing that depends on its history can be done."""
