"""The policies in force in this process, and what the tables of all of them have in common."""

from policies.current.policy_bundle import Bundle as Bundle
from policies.current.policy_bundle import PolicyPart as PolicyPart
from policies.current.policy_bundle import announce as announce
from policies.current.policy_bundle import bundle as bundle
from policies.current.policy_bundle import connect as connect
from policies.current.policy_bundle import forget as forget
from policies.current.policy_bundle import offer as offer
from policies.current.policy_bundle import refresh as refresh
from policies.current.policy_bundle import start as start
from policies.current.policy_bundle import stop as stop
