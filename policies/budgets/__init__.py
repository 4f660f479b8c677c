"""Budgets: what may be spent within what time, and the escrow that runs draw on."""
