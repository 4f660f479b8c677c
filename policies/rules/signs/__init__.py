"""What a tool result shows about its success: each module finds one kind of sign.

Weighing them is `policies.rules.truth`'s work.
"""
