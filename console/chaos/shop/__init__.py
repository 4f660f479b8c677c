"""The world outside as an app of a team's own: tools that write each effect into the book."""
