"""The engine, the rules of approvals and a world that loses workers, played in memory by the
thousand. No database, a clock of its own.
"""
