"""What every request and message passes before any page: whether it can be read, is small enough,
and may be made by its sender at all.
"""
