import pytest
from msgspec.structs import replace

from kikime.harness.core.reasons import Reason
from kikime.harness.reports.claims.flexibility import flexibility_report, flexibility_table
from kikime.harness.reports.claims.records import FlexibilityReport
from kikime.harness.reports.claims.table import claims, size_effect
from kikime.harness.stats.prompts.flexibility import Flexibility
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task

FEW = {"n_resamples": 300, "language": "ja"}
UNKNOWN = (
    "ci_low",
    "ci_high",
    "sigma_format",
    "tail",
    "raw_spread_null",
    "format_share",
    "item_share",
    "interaction_share",
)


def voiced(q):
    """Needs the instruction or examples, and does not understand vicuna."""
    if q.format == "vicuna" or (q.technique == "no_style" and not q.shots):
        return PLAIN
    return IN_VOICE


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    materials = make_materials(
        [talk_task(8)],
        personas=("ojousama",),
        formats=("alpaca", "chatml", "vicuna"),
        shots=(0, 2),
        example_sets=(0, 1, 2),
        techniques=("plain", "no_style"),
    )
    return make_run(tmp_path_factory.mktemp("flexible"), "steered", voiced, materials=materials)


def test_the_format_that_breaks_lowers_what_is_retained(run):
    formats = flexibility_report(run, native="alpaca", **FEW).formats
    means = formats.format_means
    assert means["alpaca"] == means["chatml"] == 1.0
    assert formats.retained == pytest.approx((means["chatml"] + means["vicuna"]) / 2)
    assert formats.tail < formats.level


def test_the_native_format_must_be_in_the_suite(run):
    report = flexibility_report(run, **FEW)
    assert report.formats is None
    assert "native" in report.why_not["formats"]


def test_the_instruction_works_where_the_format_is_understood(run):
    effects = {row.format: row.effect for row in flexibility_report(run, native="alpaca", **FEW).steerability}
    assert effects == {"alpaca": 1.0, "chatml": 1.0, "vicuna": 0.0, "*": pytest.approx(2 / 3)}


def test_claims_hold_when_the_interval_is_above_zero(run, tmp_path):
    materials = make_materials([talk_task(8)], personas=("ojousama",), techniques=("plain", "no_style"))
    deaf = make_run(tmp_path, "deaf", PLAIN, materials=materials)
    reports = [flexibility_report(one, native="alpaca", **FEW) for one in (run, deaf)]
    holds = {
        (row.claim, row.model): row.holds for row in claims(reports, size_effect(reports, language="ja"), language="ja")
    }
    assert holds[("instruction", "steered")] is True
    assert holds[("instruction", "deaf")] is False
    assert holds[("size", "1モデル")] is None


def test_examples_gain_nothing_when_the_voice_is_already_there(run):
    [gain] = flexibility_report(run, native="alpaca", **FEW).few_shot
    assert (gain.shots, gain.gain, gain.n_sets) == (2, 0.0, 3)


def test_one_format_measures_no_flexibility(tmp_path):
    run = make_run(tmp_path, "one", IN_VOICE)
    report = flexibility_report(run, native="alpaca", **FEW)
    assert report.formats is None
    assert report.sensitivity is None


def test_what_a_suite_lacks_is_said_with_the_suites_that_have_it(tmp_path):
    run = make_run(tmp_path, "bare", IN_VOICE, materials=make_materials([talk_task(8)], shots=(0, 2)))
    report = flexibility_report(run, native="alpaca", **FEW)
    assert "few_shot, full" in report.notes["few_shot"]
    assert "steerability" in report.why_not["steerability"]
    assert "quick" in report.why_not["formats"]
    [examples] = [row for row in claims([report], size_effect([report]), language="ja") if row.claim == "examples"]
    assert examples.effect is not None
    assert (examples.holds, examples.why_not) == (None, report.notes["few_shot"])


def test_greedy_decoding_has_no_sampling_noise(run):
    found = flexibility_report(run, native="alpaca", **FEW).sensitivity
    assert (found.within, found.greedy, found.n_repeats) == (0.0, True, 1)
    assert found.net == found.across > 0
    assert found.net_low == pytest.approx(found.net_high) == pytest.approx(found.net)  # every item is the same


def model(name, params, retained, **changes):
    """A model's report as far as the size claim reads it."""
    formats = Flexibility(
        retained=retained,
        level=1 - (retained or 0),
        native_mean=0.5,
        native_low=None,
        raw_spread=0.0,
        format_means={},
        n_items=8,
        n_personas=1,
        n_formats=2,
        **dict.fromkeys(UNKNOWN),
    )
    report = FlexibilityReport(
        run=name,
        name=name,
        model=name,
        params=params,
        fingerprint=name,
        created_at=name,
        grid="g",
        native="native",
        formats=formats,
        note_codes={} if retained else {"formats": Reason("below_floor", {"floor": 0.2})},
    )
    return replace(report, **changes)


GROWING = [model("a", 1e9, 0.50), model("b", 4e9, 0.61), model("c", 13e9, 0.70), model("d", 70e9, 0.82)]


def test_the_size_claim_is_about_what_is_retained_not_about_the_level():
    size = size_effect(GROWING, language="ja")
    assert size.holds is True
    assert size.slope == pytest.approx(0.17, abs=0.01)
    [row] = [row for row in claims(GROWING, size, language="ja") if row.claim == "size"]
    assert (row.holds, row.title, row.model) == (True, "サイズが上がると柔軟性は高くなる", "4モデル")


def test_two_sizes_are_too_few_for_the_size_claim():
    size = size_effect(GROWING[:2], language="ja")
    assert size.slope > 0
    assert size.holds is None
    assert "3つ以上" in size.why_not


def test_models_of_one_size_have_no_slope(run):
    assert flexibility_table([run], native="alpaca").size.slope is None


def test_only_models_that_were_asked_the_same_and_can_be_flexible_have_a_place_on_the_axis():
    others = [
        model("other", 1e10, 0.1, grid="h"),
        model("weak", 1e9, None),
        model("unread", None, 0.9),
        model("0-older", 1e9, 0.4, fingerprint="a"),
    ]
    size = size_effect([*others, *GROWING])
    assert [point.run for point in size.points] == ["a", "b", "c", "d"]
    assert {entry.run for entry in size.left_out} == {"other", "weak", "unread", "0-older"}
