"""The same on a real S3-compatible server on this machine."""

from __future__ import annotations

import pytest

import kikime
from kikime.harness.run.push import push_run
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


def test_runs_are_published_to_s3_and_read_from_there(tmp_path, bucket):
    run = make_run(tmp_path, "september", IN_VOICE)
    with pytest.raises(kikime.UsageError, match="no run 'september'"):
        load_run("september", runs=bucket)
    push_run(run, bucket)
    assert push_run(run, bucket).sent == 0
    [there] = load_runs(bucket)
    assert there.samples.equals(kikime.Run(run).samples)
