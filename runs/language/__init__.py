"""The one query language of fleet, audit, saved views and bulk acts, as text and as terms: read,
written back, its mistakes told by position. Pure: what matches is for `runs.search`.
"""
