"""How failed calls are tried again, and which failures may pass."""
