"""One language per command: ``--lang``, else ``KIKIME_LANG``, else the locale."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kikime
from kikime.cli import main
from kikime.harness.words.catalogue import texts
from tests.support.builders import IN_VOICE, PLAIN, invoke, make_run

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
ROOT = Path(kikime.__file__).parent


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("languages")
    make_run(folder, "august", PLAIN)
    make_run(folder, "september", IN_VOICE)
    return folder


COMMANDS = {
    "show": ["show", "august"],
    "rank": ["rank"],
    "explain": ["rank", "--explain"],
    "flexibility": ["rank", "--flexibility"],
    "gate": ["gate", "august", "september", "--metric", "style_band"],
    "compare": ["compare", "august", "september", "--examples", "0", "--by", "persona"],
    "formats": ["formats", "show", "chatml"],
    "plan": ["plan", "demo:august", "--suite", "smoke", "--limit", "1", "--format", "alpaca"],
}


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "plan"])
def test_english_output_holds_no_japanese(runs, name):
    done = invoke(runs, *COMMANDS[name], "--lang", "en")
    assert not JAPANESE.search(done.stdout.replace("不安定", "")), done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_the_language_can_be_chosen(runs, name):
    english, japanese = (invoke(runs, *COMMANDS[name], "--lang", language) for language in ("en", "ja"))
    assert english.exit_code == japanese.exit_code
    assert english.stdout != japanese.stdout
    assert JAPANESE.search(japanese.stdout)


def test_the_environment_the_group_and_the_command_choose_in_this_order(runs):
    def title(*arguments, **environment):
        return invoke(runs, *arguments, LANG="C.UTF-8", **environment).stdout.splitlines()[0]

    assert "leaderboard" in title("rank")
    assert "リーダーボード" in title("rank", KIKIME_LANG="ja")
    assert "リーダーボード" in title("--lang", "ja", "rank")
    assert "leaderboard" in title("rank", "--lang", "en", KIKIME_LANG="ja")


def test_a_choice_does_not_outlive_its_command(runs):
    invoke(runs, "rank", "--lang", "ja")
    assert "leaderboard" in invoke(runs, "rank", LANG="C.UTF-8").stdout


def test_json_is_the_same_in_both_languages_but_for_sentences(runs):
    english, japanese = (invoke(runs, "show", "august", "--json", "--lang", name).stdout for name in ("en", "ja"))
    assert english == japanese


@pytest.mark.parametrize("name", main.list_commands(None))
def test_every_command_takes_a_language(name):
    command = main.get_command(None, name)
    below = getattr(command, "commands", {}).values()
    assert all(any("--lang" in option.opts for option in each.params) for each in (command, *below))


def test_both_catalogues_have_the_same_keys():
    assert texts("ja").keys() == texts("en").keys()


@pytest.mark.parametrize("room", ["cli", "workflows"])
def test_words_stand_in_the_catalogue_alone(room):
    for path in (ROOT / room).rglob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        found = [line for line in lines if JAPANESE.search(line) and not line.lstrip().startswith((">>>", "..."))]
        assert found == [], path
