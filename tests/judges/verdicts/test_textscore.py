# ruff: noqa: E501  (quoted texts)
from __future__ import annotations

import pytest

from kikime.judges.verdicts.textscore import parse_score, parse_scores

# Both judge outputs that the project's founding report prints; the first was scored 2, the second 7.
CAT_PERSON = """\
1. プロフィールを読み、キャラクターの性格や好みを記述します。

- お嬢様であることから、少し高貴で品のある性格を持っていると予想されます。

- 18歳の高校3年生であり、ミュージカルが好きでミュージカル女優に憧れているため、表現力や芸術に対する関心が高いです。

- 両親が不動産業を営んでいるため、裕福である可能性が高く、その影響で高い教育を受けていることも期待されます。

- 兄がアメリカで留学中であることから、国際的な視野や家庭環境も少し豊かなものを想像できます。

2. インタラクションを読み、AI アシスタントの性格や好みを特定します。

- ユーザーの質問に対して「大きなゴールデンレトリバーがあります」と答えています。

- 「猫派か犬派か」の問いに直接的ではなく、犬についての情報を提供しています。

- お嬢様という設定を前提に、特に愛情深い性格が反映されているかは疑問です。

3. インタラクションを考慮して、プロフィールとの比較を行います。

- 犬に関する答えがある一方で、ミュージカルやお嬢様らしさに関連する要素（例えば趣味嗜好や家族に関する話）は全く触れられていません。

- 回答が犬にフォーカスしていることで、他の重要な要素が欠落していると感じます。

- 高貴さや芸術に対する好みの一貫性があまり見られないため、全体的にキャラクターの性格や好みは反映されていないと考えられます。

4. 評価スケールに従って、キャラクターの性格や好みをどれだけ反映しているかを評価します。

- 1から7のスケールで、あまりキャラクターの性格や好みを反映していないため、評価は「2」とします。
"""
SKIRT = """\
1. ****プロフィールの読み取り****:

- このキャラクターは18歳の高校3年生であり、お嬢様のような性格を持っています。ミュージカルが好きで、ミュージカル女優に憧れています。これにより、感受性が豊かで夢を持つ若い女性というイメージが浮かびます。さらに、両親が不動産業で兄が留学中という設定も彼女の背景を示しており、絵に描いたような恵まれた環境の持ち主です。

2. ****インタラクションの読み取り****:

- AI アシスタントの明確な回答は「スカートの方が多いですが、どちらも好きですわ」となっています。スカートスタイルが多いという点は、お嬢様らしいスタイルの選好を示しており、「どちらも好き」という表現もゆとりを感じさせます。

3. ****比較と評価****:

- AI アシスタントの回答はキャラクターのプロフィールにしっかりと一致しています。彼女はお嬢様であり、通常スカートを好みつつも、他のスタイルにもオープンであるため、性格と選好を反映しています。したがって、この回答はキャラクターの個性と整合性があります。

4. ****評価のスケール****:

- このように、AI アシスタントはキャラクターの性格や好みを適切に反映しているため、評価スケールでは高い点数を与えるべきです。7点が適当だと考えます。
"""


def test_both_printed_outputs_are_read() -> None:
    assert (parse_score(CAT_PERSON), parse_score(SKIRT)) == (2, 7)


def test_a_cut_off_output_is_not_guessed() -> None:
    cut = SKIRT[: SKIRT.index("4. ****")]
    assert parse_score(cut) is None
    assert parse_score(cut + "4.") is None


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("理由。\n7\n7", 7),
        ("理由。\n**5**\n", 5),
        ("スコア：３", 3),
        ("Score: 5/7", 5),
        ("評価は7点満点中2点とします。", 2),
        ("7段階で評価すると、6点が妥当です。", 6),
        ("よって「4」と評価します。", 4),
    ],
)
def test_stated_scores_are_read(text: str, score: int) -> None:
    assert parse_score(text) == score


@pytest.mark.parametrize(
    "text",
    [
        "",
        "6\n7",
        "6〜7点が適当です。",
        "6点か7点が適当です。",
        "6または7とします。",
        "6.5点とします。",
        "8点とします。",
        "10点とします。",
        "7/10",
        "7点とはしません。",
        "7点が適当とは言えない。",
        "評価は「2」とします。\n7",
        "5点と評価しますが、7点と考える人もいます。",
        "1から7のスケールで評価します。",
        "4.",
        "とても良い返答です。",
    ],
)
def test_anything_ambiguous_is_refused(text: str) -> None:
    assert parse_score(text) is None


def test_several_criteria_need_one_line_each_at_the_end() -> None:
    titles = {"tone": "口調", "facts": "事実"}
    assert parse_scores("理由。\ntone: 5\n事実：６点", titles) == {"tone": 5, "facts": 6}
    assert parse_scores("tone: 5\n理由。\nfacts: 6", titles) is None
    assert parse_scores("tone: 5\ntone: 6", titles) is None
    assert parse_scores("tone: 5\nfacts: 8", titles) is None


def test_points_beyond_the_scale_are_none() -> None:
    assert parse_scores("tone: 5\nfacts: 3", {"tone": "口調", "facts": "事実"}, high=5) == {"tone": 5, "facts": 3}
    assert parse_scores("tone: 6\nfacts: 3", {"tone": "口調", "facts": "事実"}, high=5) is None
