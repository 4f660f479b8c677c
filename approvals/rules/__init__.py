"""The pure part of approvals: when a request opens and closes, who may decide it, when it is
decided, what its expiry does.
"""
