"""The tool gate: which call may be made, by whom, and with which arguments."""
