"""The engine and the rules of approvals, played in memory by the thousand in a world that loses
workers. No database; a clock of its own.
"""
