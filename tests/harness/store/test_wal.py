import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.store.wal import Segment, locate_records, parse_line, read_at, read_records, sealed


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


def test_no_flipped_bit_makes_another_record():
    line = sealed('{"key":"a","text":"はい"}'.encode())
    flipped = (line[:at] + bytes([line[at] ^ 1 << bit]) + line[at + 1 :] for at in range(len(line)) for bit in range(8))
    assert {parse_line(other) is None for other in flipped} == {True}


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


def test_a_line_that_is_no_record_is_dropped_and_the_others_stay(tmp_path):
    path = write(tmp_path, {"key": "a"})
    path.write_bytes(b'{"key": \n[1, 2]\n"text"\n' + path.read_bytes())
    assert [record["key"] for record in read_records(tmp_path, "gen")] == ["a"]


def test_an_offset_counts_bytes_and_passes_over_what_is_broken(tmp_path):
    path = write(tmp_path, {"key": "語"})
    path.write_bytes("壊れた行\n".encode() + path.read_bytes())
    [found] = locate_records(tmp_path, "gen")
    assert (found.path, found.offset) == (path, len("壊れた行\n".encode()))


def test_no_folder_holds_no_record(tmp_path):
    assert list(read_records(tmp_path / "nowhere", "gen")) == []


def test_a_segment_makes_its_folder_and_names_its_kind_and_process(tmp_path):
    path = write(tmp_path / "wal", {"key": "a"})
    kind, _, process = path.stem.split("-")
    assert (kind, process) == ("gen", str(os.getpid()))


def test_two_segments_of_one_process_are_two_files(tmp_path):
    assert write(tmp_path, {"key": "a"}) != write(tmp_path, {"key": "b"})


def test_numbers_of_numpy_are_written_as_numbers(tmp_path):
    import numpy as np

    write(tmp_path, {"logprobs": np.array([-0.5, -1.0]), "n": np.int64(3)})
    assert next(read_records(tmp_path, "gen")) == {"logprobs": [-0.5, -1.0], "n": 3}


def test_a_segment_is_closed_even_where_a_record_cannot_be_written(tmp_path):
    segment = Segment.create(tmp_path, "gen")
    segment.append({"key": "a"})
    with pytest.raises(TypeError, match="not JSON serializable"), segment:
        segment.append({"key": object()})
    assert [record["key"] for record in read_records(tmp_path, "gen")] == ["a"]
    with pytest.raises(EnvironmentFault):
        segment.append({"key": "b"})
