"""What comes from outside: how it is shown, what is masked in it, what it may be handed and where
it may live. For every room.
"""
