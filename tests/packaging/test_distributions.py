"""What the sdist and the wheel hold."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections import Counter

import pytest

from tests.packaging.conftest import ROOT, tracked_files

pytestmark = pytest.mark.packaging
ROOMS = ("harness", "judges", "leaderboard", "tasks")


def of_kikime():
    """Tracked files that are part of the package, by their name in it."""
    for name in tracked_files():
        top, _, rest = name.partition("/")
        if top in ROOMS:
            yield f"kikime/{name}"
        elif top == "kikime" and rest not in ROOMS:
            yield name


def test_the_wheel_holds_each_file_once_and_nothing_else(distributions):
    (wheel,) = distributions.glob("*.whl")
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert set(names) == set(of_kikime())


def test_the_sdist_holds_each_file_once(distributions):
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        files = [member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()]
    assert [name for name, count in Counter(files).items() if count > 1] == []
    assert set(of_kikime()) <= set(files)


def test_the_licence_travels_with_both(distributions):
    (wheel,), (sdist,) = distributions.glob("*.whl"), distributions.glob("*.tar.gz")
    licence = (ROOT / "LICENSE").read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        assert archive.read(path) == licence
        assert {"License-Expression: Apache-2.0", "License-File: LICENSE"} <= set(
            archive.read(metadata).decode().splitlines()
        )
    with tarfile.open(sdist) as archive:
        (member,) = (one for one in archive.getmembers() if one.name.count("/") == 1 and one.name.endswith("/LICENSE"))
        stored = archive.extractfile(member)
        assert stored is not None
        assert stored.read() == licence


def test_the_installed_wheel_lists_personas_and_scores(from_wheel, tmp_path):
    assert "ojousama" in from_wheel.kikime("personas", "list", cwd=tmp_path)
    line = json.dumps({"id": "1", "response": "わたくしですわ。"}, ensure_ascii=False)
    scored = json.loads(from_wheel.kikime("score", "-", "--persona", "ojousama", cwd=tmp_path, asked=line))
    assert scored["metrics"]["marker_rate"] == 1
