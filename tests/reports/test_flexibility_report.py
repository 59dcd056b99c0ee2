import pytest
from builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task

from harness.reports.flexibility import claims, flexibility_report, flexibility_table

FEW = {"n_resamples": 300}


def voiced(q):
    """Needs the instruction or examples, and does not understand vicuna."""
    if q.format == "vicuna" or (q.technique == "no_style" and not q.shots):
        return PLAIN
    return IN_VOICE


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    materials = make_materials(
        [talk_task(8)], personas=("ojousama",), formats=("alpaca", "chatml", "vicuna"), shots=(0, 2), example_sets=(0, 1, 2),
        techniques=("plain", "no_style"),
    )  # fmt: skip
    return make_run(tmp_path_factory.mktemp("flexible"), "steered", voiced, materials=materials)


def test_the_format_that_breaks_lowers_what_is_retained(run):
    formats = flexibility_report(run, native="alpaca", **FEW)["formats"]
    means = formats["format_means"]
    assert means["alpaca"] == means["chatml"] == 1.0
    assert formats["retained"] == pytest.approx((means["chatml"] + means["vicuna"]) / 2)
    assert formats["tail"] < formats["level"]


def test_the_native_format_must_be_in_the_suite(run):
    report = flexibility_report(run, **FEW)
    assert report["formats"] is None
    assert "native" in report["why_not"]["formats"]


def test_the_instruction_works_where_the_format_is_understood(run):
    effects = {row["format"]: row["effect"] for row in flexibility_report(run, native="alpaca", **FEW)["steerability"]}
    assert effects == {"alpaca": 1.0, "chatml": 1.0, "vicuna": 0.0, "*": pytest.approx(2 / 3)}


def test_claims_hold_when_the_interval_is_above_zero(run, tmp_path):
    materials = make_materials([talk_task(8)], personas=("ojousama",), techniques=("plain", "no_style"))
    deaf = make_run(tmp_path, "deaf", PLAIN, materials=materials)
    reports = [flexibility_report(one, native="alpaca", **FEW) for one in (run, deaf)]
    holds = {(row["claim"], row["model"]): row["holds"] for row in claims(reports)}
    assert holds[("instruction", "steered")] is True
    assert holds[("instruction", "deaf")] is False


def test_examples_gain_nothing_when_the_voice_is_already_there(run):
    [gain] = flexibility_report(run, native="alpaca", **FEW)["few_shot"]
    assert (gain["shots"], gain["gain"], gain["n_sets"]) == (2, 0.0, 3)


def test_one_format_measures_no_flexibility(tmp_path):
    run = make_run(tmp_path, "one", IN_VOICE)
    report = flexibility_report(run, native="alpaca", **FEW)
    assert report["formats"] is None
    assert report["sensitivity"] is None


def test_size_needs_two_sizes(run):
    assert flexibility_table([run], native="alpaca")["size"]["slope"] is None
