"""What JSON can say, for annotations: whatever `json.loads` gives or `json.dumps` takes.

The one edge at which `Any` is allowed: the shape is checked where a value is read.
"""

from typing import Any

Json = Any
