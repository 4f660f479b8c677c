"""How people read requests: the queue by keyset pages, one card, figures of the load. Reads only,
text only.
"""
