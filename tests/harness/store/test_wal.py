import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.store.wal import Segment, locate_records, read_at, read_records


def write(folder: Path, *records: dict) -> Path:
    with Segment.create(folder, "gen") as segment:
        for record in records:
            segment.append(record)
    return segment.path


def test_records_come_back_in_order(tmp_path):
    write(tmp_path, {"key": "a"}, {"key": "b"})
    write(tmp_path, {"key": "c"})
    assert [r["key"] for r in read_records(tmp_path, "gen")] == ["a", "b", "c"]


def test_a_torn_last_line_is_dropped(tmp_path):
    path = write(tmp_path, {"key": "a"}, {"key": "b"})
    path.write_bytes(path.read_bytes()[:-3])
    assert [r["key"] for r in read_records(tmp_path, "gen")] == ["a"]


def test_line_separators_inside_text_do_not_split_records(tmp_path):
    write(tmp_path, {"key": "一\u2028二\u0085三\r"})
    assert next(read_records(tmp_path, "gen")) == {"key": "一\u2028二\u0085三\r"}


def test_a_record_is_found_again_by_its_offset(tmp_path):
    write(tmp_path, {"key": "あ"}, {"key": "い"})
    second = list(locate_records(tmp_path, "gen"))[1]
    assert read_at(second.path, second.offset) == {"key": "い"}


def test_kinds_do_not_mix(tmp_path):
    write(tmp_path, {"key": "a"})
    assert list(read_records(tmp_path, "judge")) == []


def test_an_empty_segment_leaves_no_file(tmp_path):
    Segment.create(tmp_path, "gen").close()
    assert list(tmp_path.iterdir()) == []


def test_an_appended_record_survives_sigkill(tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from kikime.harness.store.wal import Segment
segment = Segment.create(Path({str(tmp_path)!r}), "gen")
for n in range(1000):
    segment.append({{"n": n}})
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [r["n"] for r in read_records(tmp_path, "gen")] == list(range(1000))


def test_a_full_disk_is_one_clear_error(tmp_path):
    segment = Segment(os.open("/dev/full", os.O_WRONLY), tmp_path / "gen.jsonl")
    with pytest.raises(EnvironmentFault, match="No space left"):
        segment.append({"key": "a"})
