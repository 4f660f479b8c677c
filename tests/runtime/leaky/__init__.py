"""A team's own app whose only tool tells the key that it works with, in every way a tool can."""
