"""Incidents from the field as scenarios that can be started: each plays a script on shadow tools,
which act on nothing outside, under the rules in force here, and says what has to hold at its end.
"""
