"""Benches: each module here measures one thing and judges nothing.

A bench offers `measure(options) -> dict[str, int | float]`, its figures named with their unit
(`step_p50_ms`), and if it takes options of its own `add_arguments(parser)`. It finds an empty,
migrated database and a Valkey of its own, both durable as in production, whether or not a console
is running.
"""
