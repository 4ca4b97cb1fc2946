"""Results on disk: there whole, or not at all."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` to write to; it takes the place of ``path`` once the block ends without an error.

    Makes the folder if need be, and follows a symbolic link. Whoever is killed half-way leaves the old file as it was, and
    at most one hidden ``.partial`` beside it.

    Raises:
        OSError: the place cannot be written, or holds a folder, a device or a pipe.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "a folder, a device or a pipe; expected a file, or a name that is free", str(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.partial")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
