"""Scopes that tools need, and the groups that hold them."""
