"""People and their groups: what they may be called, and who may change whom."""
