"""Thresholds of loops as they were fitted to recorded runs.

Written by `manage.py evaluate loops FILE --fit`, never by hand.
"""

from typing import Any

FITTED: dict[str, Any] = {
    "pause": 0.61,
    "stop": 0.64,
}
DIGEST = "bb499157d517b29b"  # of all thresholds, these in their place
RECORDINGS = "ca0385f4650cdb43"  # of the file they were fitted to
