"""What comes from outside: how it is shown, what is masked in it, what it may be given, and where
it may be reached. For every app.
"""
