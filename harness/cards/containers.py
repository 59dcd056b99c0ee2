"""The files that character cards come in: JSON, YAML, pictures and archives."""

from __future__ import annotations

import base64
import binascii
import re
import zipfile
from pathlib import Path

import msgspec
import yaml

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.reasons import system_reason

_CHUNK = re.compile(rb"(.{4})tEXt(ccv3|chara)\0", re.DOTALL)


def read_content(path: Path) -> dict[str, object]:
    """The fields of a card, told by content, not by suffix.

    Raises:
        UsageError: no such file.
        FileFormatError: no card in it.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UsageError("{path}: no such file", path=path) from None
    except IsADirectoryError:
        raise UsageError("{path} is a folder", hint="give one card file", path=path) from None
    except OSError as error:
        raise FileFormatError(path, None, "cannot be read: {reason}", reason=system_reason(error)) from None
    if data.startswith(b"\x89PNG"):
        return _parsed(path, _from_png(path, data))
    if data.startswith(b"PK\x03\x04"):
        return _parsed(path, _from_charx(path))
    return _parsed(path, data)


def _from_png(path: Path, data: bytes) -> bytes:
    chunks = _plain_chunks(data) or _other_chunks(path)
    encoded = chunks.get("ccv3") or chunks.get("chara")
    if encoded is None:
        raise FileFormatError(path, None, "the picture carries no character card (no chunk 'chara' or 'ccv3')")
    try:
        return base64.b64decode(encoded, validate=False)
    except (binascii.Error, ValueError):
        raise FileFormatError(path, None, "the card in the picture is not valid base64") from None


def _plain_chunks(data: bytes) -> dict[str, str | bytes]:
    """The chunks of a picture that hold a card as plain text, whatever became of its pixels."""
    found: dict[str, str | bytes] = {}
    for chunk in _CHUNK.finditer(data):
        end = chunk.start(2) + int.from_bytes(chunk[1], "big")
        if end <= len(data):
            found[chunk[2].decode()] = data[chunk.end() : end]
    return found


def _other_chunks(path: Path) -> dict[str, str | bytes]:
    """The text of a picture in every kind of chunk."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            image.load()
            return {key: str(value) for key, value in getattr(image, "text", {}).items()}
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError) as error:
        raise FileFormatError(path, None, "not a readable PNG: {reason}", reason=error) from None


def _from_charx(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read("card.json")
    except (KeyError, zipfile.BadZipFile):
        raise FileFormatError(path, None, "no card.json in the archive") from None


def _parsed(path: Path, data: bytes) -> dict[str, object]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp932")
        except UnicodeDecodeError:
            raise FileFormatError(path, None, "neither UTF-8 nor CP932 text") from None
    try:
        value = msgspec.json.decode(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (msgspec.DecodeError, yaml.YAMLError) as error:
        raise FileFormatError(path, None, "neither valid JSON nor YAML: {reason}", reason=error) from None
    if not isinstance(value, dict):
        raise FileFormatError(path, None, "not a character card")
    return value
