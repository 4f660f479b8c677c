"""Chaos: the real console under load while its parts are killed, frozen and taken away; what the
world outside saw is compared with what the journal says.

`command` plays it: `house` runs the console, `shop` is the world outside with its tools, `ledger`
its book, `faults` what is done to the house, `people` the hand of its operators, `findings` the
comparison, which is pure.
"""
