"""The shapes that ``--json`` prints."""

import msgspec
import pytest

from kikime.harness.reports.claims.dialogue import DialogueReport
from kikime.harness.reports.claims.form_facts import FormFactsReport
from kikime.harness.reports.claims.icl import IclReport
from kikime.harness.reports.claims.records import FlexibilityTable
from kikime.harness.reports.claims.shots import ShotsReport
from kikime.harness.reports.claims.techniques import TechniquesReport
from kikime.harness.reports.claims.turns import TurnsReport
from kikime.harness.reports.comparison.records import Comparison, GateAnswer
from kikime.harness.reports.conversations.address import AddressReport
from kikime.harness.reports.conversations.memory import MemoryReport
from kikime.harness.reports.overview.records import Overview
from kikime.harness.reports.ranking.records import Ranking

PRINTED = [
    AddressReport,
    MemoryReport,
    Comparison,
    DialogueReport,
    GateAnswer,
    Overview,
    Ranking,
    FlexibilityTable,
    FormFactsReport,
    IclReport,
    ShotsReport,
    TechniquesReport,
    TurnsReport,
]


@pytest.mark.parametrize("record", PRINTED, ids=lambda record: record.__name__)
def test_every_record_has_a_schema_with_a_version(record):
    schema = msgspec.json.schema(record)
    own = schema["$defs"][record.__name__]
    assert "version" in own["properties"]
    assert own["description"]


@pytest.mark.parametrize("record", PRINTED, ids=lambda record: record.__name__)
def test_every_schema_is_closed_under_its_definitions(record):
    schema = msgspec.json.schema(record)
    text = msgspec.json.encode(schema).decode()
    named = {part.split('"')[0] for part in text.split("#/$defs/")[1:]}
    assert named <= schema["$defs"].keys()
