"""An engine with canned replies that remembers what was loaded and closed.

The folder's ``reply.txt`` is what a checkpoint says; one with ``broken`` in its name does not load.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.core.errors import EngineFault
from kikime.harness.engines.base import EngineKind
from tests.support.canned import Canned

loaded: list[str] = []
"""Checkpoints that were loaded, by name, and ``-NAME`` where one was closed."""
adapters: list[str] = []
"""Adapters that were switched to."""


class Talker(Canned):
    """Says what the checkpoint's, or the adapter's, folder says."""

    def __init__(self, checkpoint, options):
        if "broken" in checkpoint.name:
            raise EngineFault("it does not load")
        super().__init__(lambda _: "")
        self.name = checkpoint.name
        loaded.append(self.name)
        self._say(checkpoint.adapter or checkpoint.path)

    def _say(self, folder):
        file = Path(folder) / "reply.txt"
        text = file.read_text(encoding="utf-8") if file.is_file() else "そうですね。"
        self.answer = lambda request: [-1.0 - n for n in range(len(request.candidates))] or text

    def use_adapter(self, name, path):
        adapters.append(name)
        self._say(path)

    def close(self):
        super().close()
        loaded.append(f"-{self.name}")


ENGINE = EngineKind(Talker)
"""What a file for ``--engine`` imports."""


@pytest.fixture
def engine(monkeypatch, tmp_path):
    """A file for ``--engine``; what it loads is told in ``loaded`` and ``adapters``."""
    monkeypatch.setitem(globals(), "loaded", [])
    monkeypatch.setitem(globals(), "adapters", [])
    file = tmp_path / "canned.py"
    file.write_text("from tests.support.canned_engine import ENGINE\n", encoding="utf-8")
    return str(file)
