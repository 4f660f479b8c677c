"""The console's own documentation: Markdown pages, parts of them drawn from the code."""
