"""Where a reply mentions a word, and whether it asserts it, denies it or only touches on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from kikime.harness.metrics.text.lexicon import IS
from kikime.harness.metrics.text.numerals import normal_numbers


class Stance(Enum):
    """What a reply does with a word that it mentions."""

    ASSERTED = "asserted"
    """It says so, as the answer."""
    MENTIONED = "mentioned"
    """It names the word beside the answer: 羊羹も好き, 夏より, 以前は梨, フランス？."""
    DENIED = "denied"
    """It says that it is not so."""


class Mention(NamedTuple):
    """One place of a word in normalised text."""

    start: int
    end: int
    stance: Stance


_SHORT_KATAKANA = re.compile("[ァ-ヶー]{1,3}")
"""In hiragana these are found inside other words: ハナ in 名前はな, クモ in 行くもの."""
_V_SOUNDS = {"バ": "ヴァ", "ビ": "ヴィ", "ベ": "ヴェ", "ボ": "ヴォ", "ブ": "ヴ"}
_GAP = "[ぁ-んー]{0,6}?"
_LATIN_GAP = re.compile(r"(?<=[a-z])[ -](?=[a-z\d])|(?<=\d)[ -](?=[a-z])")

_COPULA = (
    r"(?:です|でし[たょ]|でござ|でご|でおじゃ|だ(?![いかすけら])|だっ|だろ|じゃ|や(?![すめ])"
    r"|やっ|なの|なん|な[ーよ]|の(?![ぁ-ん一-龥])|って|と[申言い呼]|かしら|かな|よ(?![う])"
    r"|ね|さ(?![ん])|ぜ|ぞ)"
)
_AFTER_READING = (
    rf"(?=\Z|[^ぁ-んァ-ヴー]|{_COPULA}|さん|ちゃん|くん|さま|いう|ゆう|って|ちゅう|[はがもをにと](?![ぁ-ん])"
    rf"|[はがもをにとで][ぁ-んァ-ヴ一-龥]|から|まで|まれ|うまれ|より|せんせい|いろ|び(?=[^ぁ-ん]"
    rf"|{_COPULA})|の)"
)
_BEFORE_READING = (
    r"(?:(?<![ぁ-んァ-ヴー])|(?<=[はがをもの])|(?<=ので)|(?<=って)|(?<=なら)|(?<=まだ)|(?<=もう)|(?<=は、)|(?<=お)"
    r"|(?<=みたいな)|(?<=ような)|(?<=きな))"
)


@lru_cache(maxsize=8192)
def alias_pattern(alias: str) -> re.Pattern[str]:
    """Pattern of one answer in :func:`kikime.harness.metrics.text.numerals.normal_numbers` text.

    … stands for a few hiragana (月曜…開け is also 月曜もふつうに開け).

    ー is optional, ヴァ is バ, numbers and Latin words are whole, and either kana will do, except that katakana of up to three
    characters stays katakana.

    >>> bool(alias_pattern("バイオリン").search("ヴァイオリンですわ")), bool(alias_pattern("インド").search("インドネシア"))
    (True, False)
    >>> bool(alias_pattern("18").search("180")), bool(alias_pattern("いぬ").search("イヌ派"))
    (False, True)
    """
    if "…" in alias:
        return re.compile(_GAP.join(alias_pattern(part).pattern for part in alias.split("…")))
    text = _plain(alias)
    fold_kana = not _SHORT_KATAKANA.fullmatch(text)
    rule = "".join(_char_rule(char, fold_kana=fold_kana) for char in text) if len(text) > 1 else re.escape(text)
    if text[:1].isdigit():
        rule = rf"(?<!\d)(?<![^.]\.){rule}"
    if text[-1:].isdigit():
        rule = rf"{rule}(?!\d|\.\d)"
    if re.match(r"[a-z]", text):
        rule = rf"(?<![a-z]){rule}"
    if re.search(r"[a-z]\Z", text):
        rule = rf"{rule}(?![a-z])"
    if re.match(r"[ァ-ヴ]", text):
        rule = rf"(?<![ァ-ヴー]){rule}"
    if re.search(r"[ァ-ヴー]\Z", text):
        rule = rf"{rule}(?![ァ-ヴー])"
    return re.compile(rule)


@lru_cache(maxsize=8192)
def reading_pattern(reading: str) -> re.Pattern[str]:
    """Pattern of an answer written in kana, which is a whole word: after a particle or a mark, before one or a copula.

    >>> bool(reading_pattern("ふゆ").search("ふゆなの!")), bool(reading_pattern("はる").search("はるかに遠い"))
    (True, False)
    """
    rule = "".join(_char_rule(char, fold_kana=True) for char in _plain(reading))
    return re.compile(rf"{_BEFORE_READING}{rule}{_AFTER_READING}")


def _plain(alias: str) -> str:
    text = _LATIN_GAP.sub(" ", normal_numbers(alias).replace("・", ""))
    for v_sound, b_sound in zip(("ヴァ", "ヴィ", "ヴェ", "ヴォ", "ヴ"), "バビベボブ", strict=True):
        text = text.replace(v_sound, b_sound)
    return text


def _char_rule(char: str, *, fold_kana: bool) -> str:
    if char == "ー":
        return "[ー・]?"
    if char == " ":
        return "[ -]?"
    if "ぁ" <= char <= "ゖ":
        katakana = chr(ord(char) + 0x60)
    elif "ァ" <= char <= "ヶ":
        katakana = char
    else:
        return re.escape(char)
    either = f"[{chr(ord(katakana) - 0x60)}{katakana}]" if fold_kana else katakana
    v_sound = f"|{_V_SOUNDS[katakana]}" if katakana in _V_SOUNDS else ""
    return f"(?:{either}{v_sound})[ー・]?"


_NEG_COPULA = (
    r"(?:(?:では?|じゃ|とか?は?)(?:も|など)?(?:な(?:い(?!て)|[くかしさ])|ね[えぇー]|あ(?:り|りゃし)?ませ[んぬ]"
    r"|あら(?:ず|へん|ん)|(?:ご)?ざいませ[んぬ]|ござら[ぬん]|おりませ[んぬ])"
    r"|では?ご?ざいません|やな(?:い|く|かった)|やあらへん|や(?:の|ぉ)うて|やおまへん|(?:じゃ"
    r"|では?)のうて|なん[かて]?(?:じゃ|や)(?:な|ね))"
)
_DIFFERENT = r"(?:(?:とは|と|は|も|って|で)?(?:違(?:い|う|っ|え|わ)|ちが[いうっわ]|ちげ[えぇー]))"
_NOT_WEST = r"(?:[一-龥ァ-ヴー]{0,4}|さん|ちゃん)(?:とは|と|は|も|って|なんか)?ちゃ(?:う(?!か)|い?まっ?せ)"
_ABSURD = (
    r"(?:な(?:わけ|はず)(?:が|は|も|なんか)?(?:な|ね|あ[らり])|どころか|どころでは|など(?:とは)?(?:とんでも|めっそう|滅相)"
    r"|(?:とは|だなんて|なんて|など)[、。]?(?:とんでも|滅相|めっそう|まさか|大げさ|大袈裟|失敬"
    r"|失礼|心外|勘違い|人聞き|恐れ多|手厳し|大仰|大層|ご?無体|殺生|気の早|気が早|よう言|ひど|酷|情けな)|以外|とは限|わけでは|だなんて[。!])"
)
_NOT_THERE = (
    r"(?:(?:では?|じゃ)(?:とても|到底|まだ)?(?:足り|物足り|間に合|済[まみ])(?:な[いくかし]|ね[えぇ]|[ぬん]|ませ|へん|そうに)"
    r"|まで(?:は|に)?、?(?:あと|まだ|もう少し|ずいぶん)"
    r"|に(?:なる|育つ|増える|上がる|変わる)(?:の)?は、?(?:来|再来|まだ|もう少し|次の|明くる|ずっと先)"
    r"|(?:す)?るのは[^。!?、\n]{1,12}?(?:てから|た(?:ら|とき|時|あと|後))(?=[だでじや。!]|\Z)"
    r"|と(?:言|い|申)(?:え|う|せ|す|っ)(?:ば|たら|と)、?(?:嘘|うそ|偽り)|(?:い)?(?:たら|ては|とったら)(?:あか[んへ]|いか[んぬ]|いけ|だめ|ダメ|駄目|なら[ぬん])"
    r"|の(?:反対|逆|正反対)(?:[、。!]|です|だ|じゃ|や|なの|でご)"
    r"|(?:た|し)いところ(?:です|だ|じゃ|や|なの?だ|でござ[るい])[^。、!?]{0,4}(?:が|けど|けれど))"
)
"""What says that it has not come to the word: 五百では足りぬ, 九十まではまだ, 許したと言えば嘘になる."""
_NEGATED = re.compile(
    rf"(?:さん|ちゃん|くん|さま|[一-龥]{{1,2}}(?:し?て)?|して|[ぁ-ん])?(?:{_NOT_THERE})|[^。!?、\n]{{0,8}}?、?(?:{_NEG_COPULA}|{_ABSURD})|[^。!?、\n]{{0,5}}?{_DIFFERENT}|{_NOT_WEST}"
)
_DENIED_BEFORE = re.compile(
    r"(?:(?<![a-z])(?:not|no longer|never|(?:is|was|are|were|ai)n[’']?t"
    r"|(?:do|does|did|ca|can|wo|would|could)(?: ?not|n[’']?t) (?:even |really |actually )?(?:like"
    r"|live in|play|study|work(?: as| at)?|come from|hate|eat|have|own|know))"
    r"(?: (?:a|an|the|in|at|from|called|named|really|actually|my|any|as))*)[ \"“]\Z"
)
_NONE_BUT = re.compile(
    r"(?:さん|ちゃん|くん|様|さま|殿|はん)?(?:以外|の(?:ほか|外|他)|をおいて)[^。!?、\n]{0,12}?(?:な(?:い|か[っろ])|ね[えぇー]|ませ[んぬ]"
    r"|[らへえれ][んぬ](?=[。!?でよわなのぞがけ、]|\Z)|誰|だれ|[何な]に?[がを]|どこ|[あおい]る(?:か|も[のん]))"
)
"""Nothing but the word: タケル以外いねえ, 時雨のほかに何がある."""
_ALL_BUT = re.compile(r"(?:以外|の(?:ほか|他))(?:は|なら|のもの[はが])")
_NOT_UNABLE = re.compile(r"く[はも](?:な[いくし]|ね[えぇー]|ありま|ござ|あら)")
_RHETORICAL = re.compile(
    r"[^。!?、\n]{0,6}\?|(?:です|でしょう|のだろう|んだろう)?か(?:しら|な|のう?)?(?=[。!、\s♪〜~.]|と[思存考]|\Z)"
)
_DOUBLE = re.compile(r"[いく]?(?:わけ|こと)?[でじ]?[はもゃ](?:な[いく]|ね[えぇー]|あ(?:り|りゃし)?ま|ござ|あら)")
_NEG_VERB = re.compile(
    r"(?:な(?:い(?!て)|く|かっ|し(?![の])|さ[そす])(?!と|ければ|きゃ|ては|と)|ね[えぇー]|ませ[んぬ]"
    r"|まへん|へん(?!か)|(?<=[かがなばまらわえけげせてべめれじきちにびみり])(?<!もん)[ぬん](?=[。!でよわなのぞがけ、ぜじ]"
    r"|\Z)|(?<=[持勝立待保経])た[ぬん](?=[。!でよわなのぞ、])|[話出返探隠]さ[ぬん](?=[。!でよわのぞ、])"
    r"|(?<=[らわかさたなまばがけせてえめれべねじみりき])ず(?=[、に。])|のうて|あらへん|ござら[ぬん])"
)
_DISLIKES = (
    r"(?:苦手|にがて|嫌い|きらい|無理|むり|だめ|ダメ|駄目|あかん|いや(?=な|じゃ|や|だ|で)|嫌(?=じ"
    r"|だ|や|で|な)|怖|こわ|恐|かなわ|ご?勘弁|堪忍|ご容赦|お許し|ごめん|御免|閉口|降参|敵わ|まいる|参る|ぞっと|鳥肌|震え|泣(?:いちゃ|きそう|いてま))"
)
_LIKES = (
    r"(?:好き|すき|好ん|好物|目がな|大好|平気|へいき|へっちゃら|へいちゃら|屁でも|なんとも(?:な|ね|あら|ござ|思)|どうってこと|朝飯前|克服|おいしく|美味し|大丈夫|だいじょうぶ|得意|とくい|(?:怖|こわ|恐ろし"
    r"|苦手|嫌い|きらい)(?:く|う|では?|じゃ|や)?[はも]?(?:な[いくかし]|ね[えぇー]|ありませ"
    r"|ござら|ございませ|あらへ)|恐れ(?:ませ|ぬ|ない)|楽しみ|食べられ(?:ます|る)|いただけます"
    r"|食べ(?:ます|る)|食える|食えます)"
)
_DISLIKED = re.compile(
    rf"(?:さん|の|なん[かて]|など|なぞ|だけ|って)*(?:[はがも]|って|には)?、?(?:[^がをはに。、]{{0,6}})?{_DISLIKES}"
)
_NOT_DISLIKED = re.compile(
    r"(?:く|う|では?|じゃ|や)?[はも]?(?:な[いくかし]|ね[えぇー]|ありませ|ござら|ございませ|あらへ)"
)
_LIKED = re.compile(rf"(?:など|なぞ|なんて|なんか)?(?:は|も)?、?[^。!?、\n]{{0,6}}?{_LIKES}")
_SURPRISE = re.compile(
    rf"(?:さん|ちゃん|くん|様|さま|殿|どの|はん|先生)?(?:{IS}|なの)?(?:って|と)?(?:は|も)?[^。!、\n]{{0,8}}?(?:思"
    r"|言|聞い|間違|勘違|見え|見られ|書い)[^。!\n]{0,8}?(?:\?|が|けど|けれど|のに|ど[、。]"
    r"|か[。!、])"
    r"|[^。!、\n]{0,6}?\?"
)
_ASIDE_AFTER = re.compile(
    r"(?:さん|ちゃん|くん|様|さま|殿|どの|はん|先生|色)?(?:も(?![うちし]|っと)(?!もちろん)|と(?:だいぶ|ずいぶん|さんざん|最後まで)?(?:迷|悩)|より(?![りか])|に比べ|とは別"
    r"|みたいに|みたいな|のよう[にな]|[のがは]好きな(?:者|人|方|子|やつ|奴|お?客)|なみに)"
)
_THOUGHT_BEFORE = re.compile(
    rf"(?:さん|ちゃん|くん|生|曜日?)?(?:{IS}|なの)?(?:かと?(?:思|おも)(?:えば|いきや)"
    r"|(?:かと?|と|って)?(?:ばかり)?(?:思|おも)(?:(?:っ|う|うて|って|て|とっ|うとっ|ってい|うておっ|いまし|っておりまし)た(?:ら|ところ|じゃろ|やろ|でしょ|だろ))"
    r"(?!ええ|いい|よ[いかろ]))"
)
"""What was thought before it turned out otherwise: 土曜や思てたら, 団子かと思えば."""
_NEAR = re.compile(
    r"(?:さん|番|部|科)?の(?:先輩|後輩|友だち|友達|ともだち|友人|知り合い|知人|親戚|いとこ|従兄|隣の|お客)(?:さん|たち|方|に|が|は|も|と|より|を|から)"
    r"|の(?:そば|近く|ちかく|横|よこ|隣|となり|前|向かい|手前|ほとり|話|ない|無い)"
)
_CHANGED_AFTER = re.compile(
    r"(?:さん|ちゃん|くん|様|さま|殿|どの|はん|先生|曜日?|日|色|の花|の木)?(?:"
    rf"から(?![なねよ]|{IS}|[。!]|\Z)|を?(?:出し|やめ|取り(?:や|替)|取って|抜い|入れ替"
    r"|植え替|引っ越|移し|替え|捨て|改め|変更|塗り(?:替|直)|片づけ|片付け|どけ)"
    r"|[はがの]?(?:もう)?(?:終わ|おわ|済ん|留守|るす|やめ|取りやめ|中止|なくな|枯れ|引っ越"
    r"|いっぱい|満杯|昔|前の|古い|過去|去年|昨年|先週|昨日|以前|はじめ|最初|中身|用済|おらん"
    r"|いない|いらん)"
    r"|(?:だっ|でし|やっ|じゃっ|であっ|でござっ)た|つもり(?:だっ|でし|やっ|じゃっ|であっ|でござっ|でおっ)た|(?:[にはをでがのと]|だと)[^。!?、\n]{0,10}(?:た(?:が"
    r"|けど|けれど|のが|のは|のを|ん(?:だ|じゃ|や)?(?:が|けど)|もの)|おったが|てん(?:けど|が)))"
)
_TAKEN_BACK = re.compile(
    r"[^。!?\n]{0,6}[。!?.、\s]+(?:いや|って|あっ|え)?[、.]*(?:嘘|うそ|ウソ|冗談|なんて[なねや]|なーんて"
    r"|じゃなかった|やなかった|違っ?た|間違え|just kidding|kidding)"
)
_PAST = re.compile(
    r"以前|昔|むかし|かつて|去年|昨年|一昨年|おととし|三?3?年前|先週|先月まで|昨日|きのう|朝方?(?=[はにの、])"
    r"|午前|はじめ|初め|最初|もとも?と|元々|元は|もとは"
    r"|前(?=[はにの、])|まえ(?=[はに])|古い|春(?=[はに])|さっき|used to|before|last "
)
_LATER = re.compile(
    r"来年|らいねん|再来年|来月|来週|もうすぐ|もうじき|そのうち|いずれ|いつか"
    r"|次の春|つぎの春|春から|四月から|4月から|やがて|next |soon|someday"
)
_PRESENT = re.compile(
    r"今(?!朝)|いま|現在|きょう|このごろ|近ごろ|最近|本日|昼|午後|夏(?=[はに])|後(?=[はにで])|新しい|こんど|now|these days|today|this "
)
_WERE_IT = re.compile(r"(?:から)?(?:だと|やと|じゃと|だったら|やったら|じゃったら)(?!.{0,4}(?:違|ちが|思|おも))")
"""A condition: what is denied after it is what follows, 二階だと見えない takes the second floor for granted."""
_YOU_ARE = re.compile(
    r"(?:(?:\A|[。!?、\n])「?(?:あなた|貴方|きみ|君|お前|お主|おぬし|そなた|あんた|貴殿|ご主人様"
    r"|お兄ちゃん)(?:様|さん)?(?:の(?:お)?[一-龥ぁ-ん]{1,6})?は、?[^。!?、\n]{0,8}?"
    r"|(?<![a-z])you(?:[’']re| are|r [a-z]+ is) )「?\Z"
)


def mentions(
    text: str, aliases: Sequence[str], *, readings: Sequence[str] = (), disliked: bool = False
) -> Iterator[Mention]:
    """Every place of ``aliases`` (and of their kana ``readings``) in normalised ``text``, with its stance.

    Args:
        text: see :func:`kikime.harness.metrics.text.numerals.normal_numbers`.
        aliases: forms of the answer.
        readings: forms in kana, which count only as whole words.
        disliked: the question asks for what the character dislikes, fears or cannot do: 苦手 then affirms and 好き denies.
    """
    patterns = [*map(alias_pattern, aliases), *map(reading_pattern, readings)]
    for pattern in patterns:
        for match in pattern.finditer(text):
            yield Mention(match.start(), match.end(), _stance(text, match.start(), match.end(), disliked=disliked))


def _stance(text: str, start: int, end: int, *, disliked: bool) -> Stance:
    if _copula_denies(text, start, end, disliked=disliked):
        return Stance.DENIED
    if disliked and not _ALL_BUT.match(text, end) and _LIKED.match(text, end):
        return Stance.DENIED
    if _YOU_ARE.search(text, max(0, start - 24), start) or _asked(text, end):
        return Stance.MENTIONED
    if _ASIDE_AFTER.match(text, end) or _THOUGHT_BEFORE.match(text, end):
        return Stance.MENTIONED
    return Stance.ASSERTED


def _copula_denies(text: str, start: int, end: int, *, disliked: bool) -> bool:
    if _NONE_BUT.match(text, end) or (disliked and _ALL_BUT.match(text, end)):
        return False
    if _NOT_UNABLE.match(text, end):
        return True
    negation = None if text[end - 1] in "てで" else _NEGATED.match(text, end)
    if negation is not None and not _RHETORICAL.match(text, negation.end()):
        return True
    return (
        not disliked
        and text[max(0, start - 1) : start] in {" ", '"', "“"}
        and _DENIED_BEFORE.search(text[max(0, start - 48) : start]) is not None
    )


def _asked(text: str, end: int) -> bool:
    """Whether the word is only taken up: フランス？, 16歳だって？, 1番だと思ったか."""
    found = _SURPRISE.match(text, end)
    return found is not None and not re.search(
        r"(?:ね|でしょう?|だろう?|やろ|じゃろう?|かしら|のよ|わよ|もの|もん|だよ|right|okay|ok|yeah|you know|おり|ませんか|ないか)\?\Z",
        found[0],
    )


def predicate_denies(text: str, mention: Mention, *, disliked: bool = False) -> bool:
    """Whether the clause of a mention goes on to a negative predicate: バイオリンは弾けません, 雷が好きなものか.

    >>> text = "バイオリンは弾けませんの"
    >>> predicate_denies(text, Mention(0, 5, Stance.ASSERTED))
    True
    """
    clause = re.compile(r"[^。!?、\n]{0,24}").match(text, mention.end)
    rest = clause[0] if clause else ""
    if disliked:
        return re.search(_LIKES, rest) is not None and not _ALL_BUT.match(rest)
    if _WERE_IT.match(rest):
        return False
    if "しか" in rest[:4] or _NONE_BUT.match(text, mention.end):
        return False
    if (dislike := _DISLIKED.match(rest)) is not None:
        return not _NOT_DISLIKED.match(rest, dislike.end())
    negative = next((n for n in _NEG_VERB.finditer(rest) if not _RHETORICAL.match(text, mention.end + n.end())), None)
    if negative is None or _DOUBLE.match(rest, negative.end()):
        return False
    return not re.match(r"(?:か\?|か[。]|もの|ほど|くらい|ぐらい|人|者|日|とき|こと[がはも])", rest[negative.end() :])


def changed(text: str, mention: Mention) -> bool:
    """Whether a mention is what was so before, or is taken back: 以前は梨, 土曜から日曜に, ポチ……嘘だよ."""
    if _CHANGED_AFTER.match(text, mention.end) or _TAKEN_BACK.match(text, mention.end):
        return True
    before = re.split(
        r"[。!?\n]|けれ?ど、?|(?<=[たすいる])が、|代わ(?:って|り)", text[max(0, mention.start - 20) : mention.start]
    )[-1]
    past = [match.end() for match in _PAST.finditer(before)]
    return bool(past) and not _PRESENT.search(before, past[-1])


def later(text: str, mention: Mention) -> bool:
    """Whether a mention is only what will be so one day: 来年は6年生, もうすぐ中学生."""
    before = re.split(r"[。!?、\n](?=.*[。!?\n])|[。!?\n]", text[max(0, mention.start - 16) : mention.start])[-1]
    coming = [match.end() for match in _LATER.finditer(before)]
    return bool(coming) and not _PRESENT.search(before, coming[-1])


def beside(text: str, mention: Mention) -> bool:
    """Whether a mention only places something else: 時計のそば, 橋のない港."""
    return _NEAR.match(text, mention.end) is not None
