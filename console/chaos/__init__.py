"""Chaos: the real console under load while its parts are killed, frozen and taken away; what the
world outside saw is compared with what the journal says.

`play` puts it on `stage`, which runs the console. `shop` is the world outside with its tools,
`world_book` its book, `damage` what is done to the house, `operators` and `acts` the hands of its
people, `call_story` and `findings` the comparison, which is pure.
"""
