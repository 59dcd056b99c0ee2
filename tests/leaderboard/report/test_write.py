import re
from html.parser import HTMLParser

import pytest

from kikime.harness.core.errors import UsageError
from kikime.leaderboard.charts.svg import WIDTH, Interval, interval_chart, nice_ticks, overlay_chart
from kikime.leaderboard.report.write import MAX_REPLY, write_report
from tests.support.builders import IN_VOICE, make_materials, make_run

HOSTILE = '"><script>alert(1)</script><img src="http://beacon.example/x" onerror=alert(1)>'


class Tags(HTMLParser):
    """Elements, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


def parsed(path):
    return Tags(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(pair, tmp_path_factory):
    return write_report(pair, tmp_path_factory.mktemp("report") / "deep" / "report.html", language="ja")


def test_the_report_is_japanese_and_stands_alone(page):
    tags = parsed(page)
    assert ("lang", "ja") in tags.attributes
    assert "script" not in tags.names
    assert "link" not in tags.names
    remote = [value for name, value in tags.attributes if name in {"src", "href", "action", "data", "srcset"}]
    assert remote == []
    assert "url(" not in page.read_text(encoding="utf-8")


def test_the_report_compares_the_pair(page):
    text = " ".join(parsed(page).text)
    for words in (
        "比較：august から september へ",
        "良くなった返答",
        "応えられる依頼の種類",
        "設定の違い",
        "判定は補正pで決まる",
    ):
        assert words in text


def test_the_report_speaks_english_too(pair, tmp_path):
    page = write_report(pair, tmp_path / "r.html", slices=False, language="en").read_text(encoding="utf-8")
    own = re.sub(r'<div class="example">.*?(?=<h3>)|<style>.*?</style>', "", page, flags=re.DOTALL)
    assert '<html lang="en">' in page
    assert not re.findall(r"[^>\n]*[\u3041-\u3096\u4e00-\u9fff][^<\n]*", own)


def test_every_chart_says_in_words_what_it_shows(page):
    text = page.read_text(encoding="utf-8")
    charts = [svg for svg in re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL) if 'aria-hidden="true"' not in svg]
    assert len(charts) >= 5
    assert all("<title>" in chart and "<desc>" in chart and 'role="img"' in chart for chart in charts)


def test_hostile_text_stays_text(tmp_path):
    materials = make_materials()
    runs = [
        make_run(tmp_path, f"{name}{HOSTILE}", text, materials=materials)
        for name, text in (("a", IN_VOICE), ("b", HOSTILE))
    ]
    page = write_report(runs, tmp_path / "r.html", slices=False)
    tags = parsed(page)
    assert not {"script", "img"} & set(tags.names)
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert any(HOSTILE in text for text in tags.text)


def test_very_long_replies_are_cut_and_say_so(tmp_path):
    materials = make_materials()
    runs = [
        make_run(tmp_path, "a", IN_VOICE, materials=materials),
        make_run(tmp_path, "b", "長" * 9000, materials=materials),
    ]
    text = write_report(runs, tmp_path / "r.html", slices=False, language="ja").read_text(encoding="utf-8")
    assert "長" * (MAX_REPLY + 1) not in text
    assert "全9,000文字" in text


def test_runs_that_cannot_be_compared_are_reported_with_the_reason(tmp_path):
    a = make_run(tmp_path, "a", IN_VOICE)
    b = make_run(tmp_path, "b", IN_VOICE, materials=make_materials(sampling={"temperature": 1.0}))
    assert "temperature" in write_report([a, b], tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("n", [1, 3])
def test_one_run_or_many_make_a_report_too(tmp_path, n):
    runs = [make_run(tmp_path, f"m{i}", IN_VOICE) for i in range(n)]
    assert "リーダーボード" in write_report(runs, tmp_path / "r.html", language="ja").read_text(encoding="utf-8")


def test_no_run_makes_no_report(tmp_path):
    with pytest.raises(UsageError, match="kikime run"):
        write_report([], tmp_path / "r.html")


def test_ticks_span_the_data_with_round_steps():
    assert nice_ticks(0, 97) == [0, 20, 40, 60, 80, 100]
    assert nice_ticks(3, 3)[0] < 3 < nice_ticks(3, 3)[-1]


def test_a_chart_places_points_between_their_ends():
    row = Interval("x", "x", 1.0, 0.5, 2.0)
    [mark] = interval_chart("t", [row], zero=True).marks
    assert mark.low < mark.x < mark.high
    assert interval_chart("t", []) is None


def bins(*starts):
    return [(start, 1 / len(starts)) for start in starts]


@pytest.mark.parametrize(("width", "words"), [(1, "A：最も多いのは2（100%）"), (5, "A：最も多いのは2〜6（100%）")])
def test_a_bin_of_one_number_is_named_by_it(width, words):
    assert overlay_chart("t", {"A": bins(2)}, width, None).text == words


def test_a_run_without_lengths_is_left_out_and_the_other_keeps_its_colour():
    chart = overlay_chart("t", {"A": [], "B": bins(5, 10)}, 5, None)
    assert chart.text.startswith("B：")
    assert "A" not in chart.text
    assert chart.legend == [("series1", "B")]
    assert [name for name, _ in chart.paths] == ["series1"]


@pytest.mark.parametrize("band", [(10, 120), (5, 320), (100, 110)])
def test_a_target_band_stays_inside_the_chart(band):
    [(x, width)] = overlay_chart("t", {"A": bins(100, 105, 300)}, 5, band).bands
    assert 0 <= x < x + width <= WIDTH


def test_a_target_below_every_reply_is_not_drawn():
    assert overlay_chart("t", {"A": bins(100, 300)}, 5, (5, 20)).bands == []
