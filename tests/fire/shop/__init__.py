"""An app of a team's own, named in SIGNALBOX_APPS: tools that write down each effect outside the
console.
"""
