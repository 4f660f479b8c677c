"""When and how failed calls are tried again, and which failures may pass."""
