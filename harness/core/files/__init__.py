"""Where bundled data lies, where caches live and how files are written."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from kikime.harness.core.errors import DiskFull, EnvironmentFault
from kikime.harness.core.reasons import Phrase, system_reason

_DATA = Path(__file__).parents[3] / "tasks"
FREE_SPACE = Phrase("free some space")
_REMEDIES = {
    errno.ENOSPC: FREE_SPACE,
    errno.EDQUOT: FREE_SPACE,
    errno.EISDIR: Phrase("that is a folder; give the name of a file"),
    errno.EROFS: Phrase("copy it to a folder that can be written"),
}


def data_path(kind: str) -> Path:
    """Folder or file of one kind of bundled data (``personas``, ``banks``, ``suites``, ``lm_eval``, ``techniques.yaml``)."""
    return _DATA / kind


def cache_home(kind: str) -> Path:
    """Where one kind of derived files lives: ``$XDG_CACHE_HOME/kikime/<kind>``, else below the system's place for caches.

    The folder need not be there.
    """
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) / "kikime" if home else platformdirs.user_cache_path("kikime", appauthor=False)) / kind


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write; when the block ends well, it takes the place of ``path`` at once.

    A reader sees the old content or the new, never a part; the bytes are on the disk before the name points at them.

    Raises:
        EnvironmentFault: the disk is full or not writable; as with every error of the block, the old content stays.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "state"
    >>> with replacing(file) as new:
    ...     _ = new.write_text("done")
    >>> file.read_text()
    'done'
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):  # what failed before is the error to tell
            temporary.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file's bytes so that a reader sees the old or the new ones, never a part.

    Raises:
        EnvironmentFault: the disk is full or not writable; the former content stays.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def unwritable(path: Path, error: OSError) -> EnvironmentFault:
    """What to raise where a file cannot be written: the hint is what has to change, not which command to repeat."""
    remedy = _REMEDIES.get(error.errno or 0, Phrase("make sure that the folder is there and can be written"))
    problem = Phrase("{path}: cannot be written: {reason}", path=path, reason=system_reason(error))
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(problem, hint=remedy)
    return EnvironmentFault(problem, hint=remedy)
