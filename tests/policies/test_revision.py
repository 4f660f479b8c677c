"""Whatever changes a policy moves the revision and makes a new version, in the change's own
transaction.
"""

import pytest

from policies.current.revision import Revision
from policies.gate.models import ToolPolicy

pytestmark = pytest.mark.django_db


def number() -> int:
    return Revision.objects.get().number


def test_adding_changing_and_deleting_a_policy_moves_the_revision() -> None:
    seen = [number()]
    policy = ToolPolicy.objects.create(name="looks", tool="get_*")
    seen.append(number())
    ToolPolicy.objects.filter(pk=policy.pk).update(tool="find_*")
    seen.append(number())
    policy.delete()
    seen.append(number())
    assert len(set(seen)) == 4


def test_every_change_is_a_new_version_of_the_policy() -> None:
    policy = ToolPolicy.objects.create(name="looks", tool="get_*")
    ToolPolicy.objects.filter(pk=policy.pk).update(tool="find_*")
    ToolPolicy.objects.filter(pk=policy.pk).update(tool="find_*")
    policy.refresh_from_db()
    assert policy.version == 2
