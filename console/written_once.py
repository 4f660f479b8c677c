"""A file that only its owner reads, and that is written once, whoever comes first. Standard library
only: the settings stand on it.
"""

import os
import tempfile
from pathlib import Path


def written_once(target: Path, content: bytes) -> bytes:
    """What the file holds: `content`, unless another process was first.

    link() lets exactly one win, and nobody reads half a file.
    """
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    fresh = Path(name)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())  # a power cut must not leave a name without its content
    try:
        os.link(fresh, target)
    except FileExistsError:
        return target.read_bytes()
    finally:
        fresh.unlink()
    return content
