"""Tables of approvals, one module for each noun. Requests are a projection of the journals of their
runs.
"""

from approvals.models.channel import Channel as Channel
from approvals.models.channel import Delivery as Delivery
from approvals.models.channel import RunNotice as RunNotice
from approvals.models.grant import Grant as Grant
from approvals.models.guard import Guard as Guard
from approvals.models.request import Request as Request
from approvals.models.vote import Vote as Vote
