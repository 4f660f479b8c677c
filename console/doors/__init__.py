"""What every request and message meets before any page does: can it be read, is it small enough,
may its sender ask at all.
"""
