"""Tool processes: where a team's own tools run, so that a call can really be ended, whatever it
does to its interpreter.

`server` forks them from one prepared process, `serving` is what each does, `placing` says which
call goes where.
"""
