import pytest

from kikime.harness.core.errors import UsageError
from kikime.leaderboard.data.queries.samples import Filter, page_of


def test_a_run_without_tables_is_read_from_its_log(august):
    expected = page_of(august, Filter()).total
    august.samples_file.unlink()
    assert page_of(august, Filter()).total == expected


def test_a_broken_table_is_an_expected_error(august):
    august.samples_file.write_bytes(b"PAR1 nonsense")
    with pytest.raises(UsageError, match="a table is broken"):
        page_of(august, Filter())
