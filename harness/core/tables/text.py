"""Text files in whatever encoding people save them, line by line with the bytes of each line."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import AnyStr

from kikime.harness.core.errors import EnvironmentFault, FileFormatError
from kikime.harness.core.reasons import Phrase, system_reason

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NOT_CP932 = re.compile("[\x80\xa0\uf8f1-\uf8f3]")
"""What Python reads from bytes that CP932 leaves undefined."""
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_UNDECODED = re.compile("[\udc80-\udcff]")
_SAMPLE = 1 << 16
NOT_UTF8 = Phrase("bytes that are not UTF-8")


@dataclass(frozen=True)
class Text:
    """A text file as text and, line by line, as the bytes that it came in."""

    mark: bytes
    """The byte order mark."""
    encoding: str
    lines: Sequence[str]
    """Split at line feeds only; bytes that are none of the encoding are lone surrogates."""
    raw: Sequence[bytes]
    """The bytes of each line."""

    @property
    def content(self) -> str:
        """The whole text."""
        return "".join(self.lines)

    def encode(self, text: str) -> bytes:
        """A piece of the text as the bytes that it came from."""
        return text.encode(self.encoding, "surrogateescape")


def read_text(path: Path) -> Text:
    """Read a text file in whatever encoding people save it: UTF-8, UTF-16, CP932 or EUC-JP.

    Raises:
        FileFormatError: none of them.
        EnvironmentFault: it cannot be read.
    """
    try:
        return decode(path, path.read_bytes())
    except OSError as error:
        raise EnvironmentFault("{path} cannot be read: {reason}", path=path, reason=system_reason(error)) from None


def decode(path: Path, data: bytes) -> Text:
    """The bytes of a file (``path`` is for messages) as text.

    Raises:
        FileFormatError: in no encoding that is known here.
    """
    mark, encoding = next(((m, e) for m, e in _MARKS if data.startswith(m)), (b"", ""))
    data = data[len(mark) :]
    encoding = encoding or _encoding(data)
    if not encoding:
        raise FileFormatError(path, None, "neither UTF-8 nor CP932 text", hint="save the file as UTF-8")
    if encoding.startswith("utf-16"):
        lines = _split_feeds(data.decode(encoding, "replace"))
        return Text(mark, encoding, lines, [line.encode(encoding) for line in lines])
    return Text(mark, encoding, _split_feeds(data.decode(encoding, "surrogateescape")), _split_feeds(data))


def is_undecoded(text: str) -> bool:
    """Whether a piece of a :class:`Text` holds bytes that are none of the file's encoding."""
    return _UNDECODED.search(text) is not None


def _encoding(data: bytes) -> str:
    """The encoding of text without a byte order mark; empty where it is none that is known here."""
    wide = _utf16(data)
    if wide:
        return wide
    if _reads(data, "utf-8") is not None:
        return "utf-8"
    japanese = _japanese(data)
    return japanese or ("utf-8" if _is_mostly_utf8(data) else "")


def _utf16(data: bytes) -> str:
    """UTF-16 shows by the zero bytes of its ASCII characters, all on one side."""
    sample = data[:_SAMPLE]
    if len(data) % 2 or sample.count(0) * 50 < len(sample) or not sample:
        return ""
    high, low = sample[0::2].count(0), sample[1::2].count(0)
    encoding = "utf-16-le" if low > high else "utf-16-be"
    return encoding if min(high, low) * 10 < max(high, low) and _reads(data, encoding) is not None else ""


def _japanese(data: bytes) -> str:
    content = _reads(data, "cp932")
    if content is not None and _NOT_CP932.search(content):
        content = None
    other = _reads(data, "euc_jp")
    if content is None or (other is not None and _is_half_width(content) and re.search("[ぁ-ん]", other)):
        return "euc_jp" if other is not None else ""
    return "cp932"


def _is_half_width(content: str) -> bool:
    """Whether most characters are half-width kana, as when EUC-JP is read as CP932."""
    return len(_HALF_KANA.findall(content)) * 2 > len(_NOT_ASCII.findall(content))


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether at least half of the lines that are not plain ASCII are UTF-8."""
    wide = [line for line in data.split(b"\n") if not line.isascii()]
    return sum(_reads(line, "utf-8") is not None for line in wide) * 2 >= len(wide) > 1


def _reads(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _split_feeds(data: AnyStr) -> list[AnyStr]:
    """Lines with their ends, split at line feeds only, or at carriage returns where a file has nothing else.

    ``splitlines`` would split at both, and at what may stand inside a text.
    """
    feed, return_ = (b"\n", b"\r") if isinstance(data, bytes) else ("\n", "\r")
    if feed not in data:
        feed = return_
    parts = data.split(feed)
    return [part + feed for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
