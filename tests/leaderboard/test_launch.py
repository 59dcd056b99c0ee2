import logging
import socket

import pytest

from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.leaderboard.launch import _expect_no_runtime, allowed_hosts, is_loopback, require_free, serve, server_config


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_these_reach_this_machine_only(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", ""])
def test_these_can_be_reached_and_need_a_flag(host, tmp_path):
    assert not is_loopback(host)
    with pytest.raises(UsageError, match="other machines"):
        serve(tmp_path, host=host)


def test_a_port_in_use_is_told_with_the_option_before_anything_is_announced(tmp_path):
    said = []
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(EnvironmentFault, match="in use") as caught:
        serve(tmp_path, port=other.getsockname()[1], announce=lambda: said.append("url"))
    assert "--port" in caught.value.hint
    assert said == []


def test_an_address_of_another_machine_is_told_with_the_option():
    with pytest.raises(EnvironmentFault, match="cannot listen") as caught:
        require_free("192.0.2.1", 8501)
    assert "--host" in caught.value.hint


def test_nothing_is_reported_to_anybody():
    config = server_config("127.0.0.1", 8501)
    assert config["browser.gatherUsageStats"] is False
    assert config["server.address"] == "127.0.0.1"
    assert config["server.enableAgentApi"] is False
    assert config["client.showErrorDetails"] == "none"


def test_only_names_of_this_machine_are_answered_unless_others_may_come():
    assert "evil.example" not in allowed_hosts("127.0.0.1") != []
    assert allowed_hosts("0.0.0.0") == []


def test_streamlit_does_not_warn_of_functions_that_are_imported_before_its_server_runs():
    _expect_no_runtime()
    logger = logging.getLogger("streamlit.runtime.caching.cache_data_api")
    records = [logging.makeLogRecord({"msg": text}) for text in ("No runtime found, using X", "something else")]
    assert [bool(logger.filter(record)) for record in records] == [False, True]
