"""Fire drills: a scenario is played with a shadow copy of an agent, by real workers and under the
rules in force, and what held is reported.

A shadow copy has the agent's name and the names and schemas of its tools; its planner is a script,
its tools answer from the scenario, and no secret, budget or breaker of real work is in its reach.
"""
