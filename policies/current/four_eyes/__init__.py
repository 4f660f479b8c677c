"""Four eyes: what widens rights waits for a second person, who confirms it before it holds."""
