"""The expression language of conditions and caps. Pure."""
