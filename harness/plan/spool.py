"""Planned requests on disk, so that memory stays flat however large the grid is."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator

import msgspec

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.reasons import system_reason
from kikime.harness.core.request import Request


class Spool:
    """Requests in the order they were added; a temporary file that goes with the process."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="kikime-plan-")  # noqa: SIM115  (lives as long as the spool)
        self._starts = array("Q", [0])
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Request)

    def add(self, request: Request) -> None:
        """Append one request.

        Raises:
            EnvironmentFault: the temporary folder is full.
        """
        data = self._encoder.encode(request)
        try:
            self._file.write(data)
        except OSError as error:
            raise EnvironmentFault(
                "{folder}: the plan cannot be written: {reason}",
                hint="set TMPDIR to a larger disk",
                folder=tempfile.gettempdir(),
                reason=system_reason(error),
            ) from error
        self._starts.append(self._starts[-1] + len(data))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __iter__(self) -> Iterator[Request]:
        self._file.flush()
        for start, end in zip(self._starts, self._starts[1:], strict=False):
            self._file.seek(start)
            yield self._decoder.decode(self._file.read(end - start))

    def close(self) -> None:
        """Delete the file."""
        self._file.close()
