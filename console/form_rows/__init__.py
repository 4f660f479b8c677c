"""JSON that people edit as rows: what a stored value is as rows of cells, and back again."""
