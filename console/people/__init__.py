"""People and their groups: who may be called what, and who may change whom."""
