"""What the machine or its owner refuses a process: a full disk, a folder that may not be written,
too many files or processes. Such an error is a sentence for whoever typed the command, and no bug.
"""

import errno

REFUSED = frozenset(
    {
        errno.EACCES,
        errno.EAGAIN,
        errno.EDQUOT,
        errno.EEXIST,
        errno.EIO,
        errno.EISDIR,
        errno.EMFILE,
        errno.ENAMETOOLONG,
        errno.ENFILE,
        errno.ENOENT,
        errno.ENOMEM,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)


def sentence(error: OSError) -> str:
    """What was refused, and where; empty for an error that the machine is not to blame for."""
    if error.errno not in REFUSED:
        return ""
    where = f"{error.filename}: " if error.filename is not None else ""
    return f"this machine does not let it: {where}{error.strerror}"
