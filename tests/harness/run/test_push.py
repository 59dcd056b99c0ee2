"""Publishing runs where several machines read them: whole, resumably, and never half."""

from __future__ import annotations

import json
import shutil

import fsspec
import pytest

import kikime
from kikime.harness.core.stores import address as stores
from kikime.harness.run.push import push_run
from kikime.harness.store.rundir import RunDirectory
from kikime.workflows.loaded import load_run, load_runs
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_run


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    runs = tmp_path_factory.mktemp("made")
    return make_run(runs, "august", PLAIN), make_run(runs, "september", IN_VOICE)


@pytest.fixture
def run(made, tmp_path):
    """A run that a test may change."""
    return RunDirectory(shutil.copytree(made[1].path, tmp_path / "runs" / made[1].id))


@pytest.fixture(params=["file", "memory"])
def address(request, tmp_path):
    if request.param == "file":
        return (tmp_path / "shared").as_uri()
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    return "memory://shared"


class Cut(Exception):
    """The line went dead."""


def cut_after(monkeypatch, n):
    """Let the store fail after so many files."""
    send, sent = stores.Store.send, []

    def failing(self, file, name):
        if len(sent) == n:
            raise Cut
        sent.append(name)
        send(self, file, name)

    monkeypatch.setattr(stores.Store, "send", failing)
    return sent


def test_a_published_run_reads_as_it_did_here(made, address):
    for run in made:
        pushed = push_run(run, address)
        assert pushed.sent == pushed.files >= 6
        assert pushed.address == f"{address}/{run.id}"
    assert [run.name for run in load_runs(address)] == ["august", "september"]
    there, here = load_run("september", runs=address), kikime.Run(made[1])
    assert there.path != here.path
    assert there.summary == here.summary
    assert not (there.path / "samples.parquet").exists()
    assert there.samples.equals(here.samples)
    assert kikime.compare("august", "september", runs=address).comparable
    assert kikime.verify("september", runs=address).ok


def test_what_is_there_is_not_sent_again(run, address):
    push_run(run, address)
    assert push_run(run, address).sent == 0


def test_a_half_published_run_is_not_there_and_the_same_call_goes_on(run, address, monkeypatch):
    with monkeypatch.context() as patched:
        cut_after(patched, 3)
        with pytest.raises(Cut):
            push_run(run, address)
    assert load_runs(address) == []
    again = push_run(run, address)
    assert again.sent == again.files - 3
    assert [found.name for found in load_runs(address)] == ["september"]


def test_a_run_that_is_published_anew_is_read_anew(run, address):
    push_run(run, address)
    assert load_run("september", runs=address).verdicts.empty
    add_verdicts(run, lambda _: 6)
    assert push_run(run, address).sent < 5
    assert set(load_run("september", runs=address).verdicts["score"]) == {6}


def test_while_it_is_published_anew_it_is_not_there(run, address, monkeypatch):
    push_run(run, address)
    add_verdicts(run, lambda _: 6)
    with monkeypatch.context() as patched:
        cut_after(patched, 0)
        with pytest.raises(Cut):
            push_run(run, address)
    assert load_runs(address) == []


def test_what_people_wrote_beside_a_published_run_stays(run, address):
    push_run(run, address)
    notes = load_run("september", runs=address).path / "annotations.jsonl"
    notes.write_text("{}", encoding="utf-8")
    add_verdicts(run, lambda _: 6)
    push_run(run, address)
    assert load_run("september", runs=address).path == notes.parent
    assert notes.is_file()


def test_a_table_that_was_changed_in_the_store_is_refused(run, address):
    push_run(run, address)
    stores.open_store(address).write(f"{run.id}/samples.parquet", b"PAR1 something else")
    with pytest.raises(kikime.EnvironmentFault, match="not what was published"):
        load_run("september", runs=address).samples  # noqa: B018


@pytest.mark.parametrize(
    "name", ["../../outside.txt", "/tmp/outside.txt", "wal/../../outside", "C:\\outside", "./x", ""]
)
def test_a_listing_that_leads_out_of_its_run_is_none(run, tmp_path, name):
    address = (tmp_path / "shared").as_uri()
    push_run(run, address)
    marker = tmp_path / "shared" / run.id / "published.json"
    listing = json.loads(marker.read_text(encoding="utf-8"))
    listing["files"][name] = next(iter(listing["files"].values()))
    marker.write_text(json.dumps(listing), encoding="utf-8")
    assert load_runs(address) == []


@pytest.mark.parametrize("content", ["", "[]", '{"files": 3}'])
def test_a_run_whose_marker_cannot_be_read_hides_no_other(made, tmp_path, content):
    address = (tmp_path / "shared").as_uri()
    for each in made:
        push_run(each, address)
    (tmp_path / "shared" / made[0].id / "published.json").write_text(content, encoding="utf-8")
    assert [each.name for each in load_runs(address)] == ["september"]


def test_only_a_complete_run_is_published(run, address):
    run.write_status({"state": "interrupted", "planned": 12, "done": 3, "errors": 0})
    with pytest.raises(kikime.UsageError, match="only a complete run is published") as caught:
        push_run(run, address)
    assert caught.value.hint == f"kikime resume {run.path}"


def test_an_unknown_kind_of_address_is_told(run):
    with pytest.raises(kikime.UsageError, match="no address of a run store"):
        push_run(run, "ftps3://bucket/runs")


def test_a_store_that_cannot_be_reached_is_the_machines_fault(run, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(kikime.EnvironmentFault, match="cannot be read or written"):
        push_run(run, (tmp_path / "file").as_uri() + "/runs")


def test_the_marker_lists_every_file_with_its_digest(run, tmp_path):
    push_run(run, (tmp_path / "shared").as_uri())
    listing = json.loads((tmp_path / "shared" / run.id / "published.json").read_text(encoding="utf-8"))
    there = {path.relative_to(tmp_path / "shared" / run.id).as_posix() for path in (tmp_path / "shared").rglob("*.*")}
    assert set(listing["files"]) == there - {"published.json"}
    assert all(len(file["sha256"]) == 64 for file in listing["files"].values())
