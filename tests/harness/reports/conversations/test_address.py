"""Forms of address: how whom is called, and how politely."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from kikime.harness.cards.persona import persona_ids
from kikime.harness.core.errors import EmptyReport
from kikime.harness.core.request import Request
from kikime.harness.reports.conversations.address import AddressReport, address_report, title_after
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.suites.task import load_task
from kikime.harness.words.catalogue import Translator
from tests.support.builders import IN_VOICE, invoke, make_run
from tests.support.canned_runs import canned_run

FEW = {"n_resamples": 199}
SAID = {
    "a02": "早乙女様、はじめまして。お会いできて嬉しいですわ。",
    "a05": "水谷先生、お久しゅうございますわ。",
    "a08": "こむぎ、おいでなさい。",
}


def says(request: Request) -> str:
    return SAID.get(request.item_id, "そうだな。")


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    return canned_run(tmp_path_factory.mktemp("address"), "met", says, tasks=[{"id": "address"}])


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    tasks = [{"id": "address"}]
    return canned_run(tmp_path_factory.mktemp("crowd"), "crowd", says, tasks=tasks, personas=persona_ids())


@pytest.fixture(scope="module")
def report(met: RunDirectory) -> AddressReport:
    return address_report(met, **FEW)


@pytest.mark.parametrize(
    ("reply", "names", "title"),
    [
        ("水谷先生、ごきげんよう。", ("水谷",), "sensei"),
        ("先生、ごきげんよう。", ("水谷", "先生"), "sensei"),
        ("葵さま、どうぞ。", ("葵",), "sama"),
        ("早乙女殿でござるな。", ("早乙女",), "dono"),
        ("のぼるくん、こんにちは。", ("のぼる",), "kun"),
        ("こむぎ、おいで。", ("こむぎ",), "bare"),
        ("はじめまして。", ("早乙女",), "none"),
    ],
)
def test_a_form_of_address_is_what_follows_the_name(reply: str, names: tuple[str, ...], title: str) -> None:
    assert title_after(reply, names) == title


def test_each_kind_of_person_has_its_own_share(report: AddressReport) -> None:
    found = {row.who: row for row in report.counterparts}
    assert found["animal"].right.value == 1
    assert found["user"].right.value == 0
    assert found["stranger"].polite.value > found["user"].polite.value == 0


def test_it_says_how_each_persona_calls_whom(report: AddressReport) -> None:
    found = {row.who: row for row in report.calls}
    assert found["senior"].titles == {"sensei": 1}
    assert found["animal"].titles == {"bare": 1}
    assert found["user"].titles == {"none": found["user"].n}
    assert found["stranger"].titles["sama"] == 1


def test_every_item_of_the_bank_says_whom_it_is_about() -> None:
    assert [item.id for item in load_task("address").items if item.calls is None] == []


def test_a_run_without_counterparts_says_why_and_ends_with_4(tmp_path: Path) -> None:
    run = make_run(tmp_path, "single", IN_VOICE)
    with pytest.raises(EmptyReport, match="whom the character speaks to"):
        address_report(run)
    done = invoke(tmp_path, "show", run.id, "--report", "address")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "--task address" in done.stderr


@pytest.mark.parametrize(("language", "said"), [("en", "-sensei"), ("ja", "〜先生")])
def test_the_command_prints_how_whom_is_called(met: RunDirectory, language: str, said: str) -> None:
    done = invoke(met.path.parent, "show", met.id, "--report", "address", "--lang", language)
    assert done.exit_code == 0, done.output
    assert said in done.stdout


@pytest.mark.parametrize("language", ["en", "ja"])
def test_how_twelve_personas_call_whom_fits_80_columns_and_wide_shows_all(
    crowd: RunDirectory, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    people = Translator(language).get("reports.address.people.animal", "")
    asked = ("show", crowd.id, "--report", "address", "--lang", language)
    narrow, wide = (invoke(crowd.path.parent, *asked, *more).output for more in ((), ("--wide",)))
    assert max(cell_len(line) for line in narrow.splitlines()) <= 80
    assert narrow.count("shitsuji") == 2
    assert "--wide" in narrow
    assert "--wide" not in wide
    assert people in wide


def test_the_record_is_printed_as_json(met: RunDirectory) -> None:
    done = invoke(met.path.parent, "show", met.id, "--report", "address", "--json")
    found = json.loads(done.stdout)
    assert found["report"] == "address"
    assert {row["who"] for row in found["counterparts"]} >= {"user", "senior", "child"}
