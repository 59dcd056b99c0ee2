"""The same on a real S3-compatible server on this machine."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kikime
from kikime.harness.core.hashing import digest
from kikime.harness.core.stores import mirror
from kikime.harness.core.stores.address import Store
from kikime.harness.run.push import push_run
from kikime.harness.store.database import open_tables
from kikime.harness.store.tables import SCORES
from kikime.workflows.loaded import load_run, load_runs
from tests.support.builders import IN_VOICE, make_run


@pytest.fixture
def bucket(monkeypatch):
    """A bucket of moto's server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir("kikime")
    yield "s3://kikime/runs"
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def test_runs_are_published_to_s3_and_read_from_there(tmp_path, bucket, monkeypatch):
    run = make_run(tmp_path, "september", IN_VOICE)
    with pytest.raises(kikime.UsageError, match="no run 'september'"):
        load_run("september", runs=bucket)
    enlarge(run)
    monkeypatch.setattr(mirror, "WHOLE_BYTES", 100_000)
    push_run(run, bucket)
    assert push_run(run, bucket).sent == 0
    [there] = load_runs(bucket)
    assert there.samples.equals(kikime.Run(run).samples)
    _read_by_range(there, kikime.Run(run), monkeypatch)


def _read_by_range(there, here, monkeypatch):
    """A large table stays where it is; a query of one column reads less than the whole of it."""
    read = []
    opened = Store.opened
    monkeypatch.setattr(Store, "opened", lambda store, name: counted(opened(store, name), read))
    with open_tables(there.directory, "scores") as tables:
        found = tables.execute("SELECT count(*) FROM scores WHERE value > 0.5").fetchall()
    assert found == [((here.scores["value"] > 0.5).sum(),)]
    assert 0 < sum(read) < here.directory.scores_file.stat().st_size / 2
    assert there.scores.equals(here.scores)
    assert not (there.directory.path / "scores.parquet").exists()


def enlarge(run):
    """Give a run more scores than are fetched whole."""
    n, chance = 50_000, np.random.default_rng(0)
    columns = {"key": [digest("key", str(at)) for at in range(n)], "metric": ["x"] * n, "value": chance.random(n)}
    pq.write_table(pa.table({**columns, "scorer_version": ["1"] * n}, schema=SCORES), run.scores_file)


def counted(file, read):
    """A file that notes how much of it is read."""
    inner = file.read
    file.read = lambda length=-1: read.append(length) or inner(length)
    return file
