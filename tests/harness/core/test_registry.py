from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.registry import Parts, checked, installed, python_file

Install = Callable[[str, str], None]


@dataclass(frozen=True)
class Sweet:
    name: str


def read(path: Path) -> Sweet:
    return Sweet(path.read_text(encoding="utf-8").strip())


@pytest.fixture
def sweets(tmp_path: Path) -> Parts[Sweet]:
    file = tmp_path / "daifuku.yaml"
    file.write_text("daifuku\n", encoding="utf-8")
    return Parts("sweet", Sweet, lambda: {"mochi": Sweet("mochi"), "daifuku": file}, load=read)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a package with one entry point of ``kikime.sweets`` on Python's path."""

    def put(entry: str, source: str) -> None:
        module = entry.split("=")[1].strip().split(":")[0]
        (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")
        info = tmp_path / f"{module}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[kikime.sweets]\n{entry}\n", encoding="utf-8")
        monkeypatch.delitem(sys.modules, module, raising=False)
        installed.cache_clear()

    monkeypatch.syspath_prepend(tmp_path)
    yield put
    installed.cache_clear()


def test_a_bundled_part_is_found_by_id(sweets: Parts[Sweet]) -> None:
    assert (sweets.find("mochi"), sweets.find("daifuku")) == (Sweet("mochi"), Sweet("daifuku"))


def test_a_path_is_relative_to_the_folder_of_the_file_that_names_it(sweets: Parts[Sweet], tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("own", encoding="utf-8")
    assert sweets.find("own.yaml", tmp_path) == Sweet("own")
    assert sweets.resolve("own.yaml", tmp_path) == str(tmp_path / "own.yaml")


def test_without_a_folder_a_path_is_relative_to_the_working_folder(
    sweets: Parts[Sweet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sweets.resolve("daifuku.yaml") == str(tmp_path / "daifuku.yaml")


def test_a_missing_file_is_named(sweets: Parts[Sweet], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no such sweet file: .*nowhere\.yaml"):
        sweets.resolve("nowhere.yaml", tmp_path)


def test_an_unknown_id_is_answered_with_the_nearest(sweets: Parts[Sweet]) -> None:
    with pytest.raises(UsageError, match=r"no sweet 'moch' \(did you mean 'mochi'\?\)"):
        sweets.find("moch")


def test_an_id_that_is_near_to_none_is_answered_with_all(sweets: Parts[Sweet]) -> None:
    with pytest.raises(UsageError, match=r"no sweet 'zzz' \(known: daifuku, mochi\)"):
        sweets.find("zzz")


def test_a_validator_gets_a_value_error(sweets: Parts[Sweet]) -> None:
    with pytest.raises(ValueError, match="no sweet 'moch'"):
        checked(sweets, "moch", None)


def test_an_installed_package_brings_a_part(sweets: Parts[Sweet], install: Install) -> None:
    install(
        "anmitsu = sweet_shop:ANMITSU",
        "from pathlib import Path\nANMITSU = Path(__file__).with_name('anmitsu.yaml')\n"
        "ANMITSU.write_text('anmitsu', encoding='utf-8')\n",
    )
    assert sweets.ids() == ["anmitsu", "daifuku", "mochi"]
    assert sweets.find("anmitsu") == Sweet("anmitsu")
    assert list(sweets.all()) == ["mochi", "daifuku", "anmitsu"]


def test_a_package_that_cannot_be_imported_is_named(sweets: Parts[Sweet], install: Install) -> None:
    install("parfait = broken_shop:PARFAIT", "import no_such_module_here")
    with pytest.raises(UsageError, match=r"the sweet 'parfait' of the package broken_shop cannot be loaded: Module"):
        sweets.find("parfait")


def test_a_package_that_brings_something_else_is_named(sweets: Parts[Sweet], install: Install) -> None:
    install("parfait = wrong_shop:PARFAIT", "PARFAIT = 3")
    with pytest.raises(UsageError, match="the sweet 'parfait' of the package wrong_shop is a int"):
        sweets.find("parfait")


def test_a_part_that_is_code_is_read_from_a_python_file(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("from pathlib import PurePosixPath\nSWEET = PurePosixPath('a')\n", "utf-8")
    from pathlib import PurePosixPath

    assert python_file("SWEET", PurePosixPath)(tmp_path / "code.py") == PurePosixPath("a")


def test_a_python_file_that_raises_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("a = 1\nb = 1 / 0\n", "utf-8")
    with pytest.raises(FileFormatError, match=r"code.py:2: ZeroDivisionError"):
        python_file("SWEET", Sweet)(tmp_path / "code.py")


def test_a_python_file_without_the_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("a = 1\n", "utf-8")
    with pytest.raises(FileFormatError, match=r"SWEET = Sweet\(…\) is needed here, not None"):
        python_file("SWEET", Sweet)(tmp_path / "code.py")
