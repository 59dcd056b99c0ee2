"""What the machine has for the tests that need more than Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The browser of the tests: ``KIKIME_CHROMIUM``, else the first that is installed."""
    named = os.environ.get("KIKIME_CHROMIUM")
    return named or next(filter(None, map(shutil.which, _BROWSERS)), None)


def missing_for_browser() -> list[str]:
    """What the browser tests need and this machine lacks."""
    return ["Chromium"] * (chromium() is None) + ["Japanese fonts"] * (not _has_japanese_font())


def _has_japanese_font() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    if not shutil.which("fc-list"):
        return False
    done = subprocess.run(["fc-list", ":lang=ja", "family"], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip())
