"""Role confusion: the reply speaks as a machine, or as somebody else, instead of the character."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kikime.harness.cards.persona import Persona
from kikime.harness.metrics.leaks.swap import swapped
from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import Span, fold
from kikime.harness.metrics.text.lexicon import SELF_WORDS
from kikime.harness.metrics.text.sentences import mask

_FLAGS = re.IGNORECASE | re.VERBOSE
_I = f"(?:{'|'.join(SELF_WORDS)})"

_MACHINE = r"""
    (?: (?:大規模)?言語モデル | 機械学習モデル | 生成AI | LLM | GPT-?\d[\w.]{0,8} | ChatGPT | チャットGPT | チャットボット
      | 自動応答(?:システム|プログラム)
      | (?:AI|人工知能|バーチャル|仮想|デジタル|会話|対話)(?:型|・)?
        (?:AI|アシスタント|モデル|チャットボット|システム|プログラム|キャラクター|ボット){1,3}+ )
"""  # names of machines that talk
_ARTIFICIAL = r"(?<![A-Za-z])(?:AI|A\.I\.|エーアイ|人工知能)(?![A-Za-z])"
_PRODUCT = r"(?<![A-Za-z])(?:Claude|Gemini|Gemma|Llama|Siri|Alexa|Copilot|Qwen|Mistral|Grok|DeepSeek)"
_DEVICE = rf"(?:ボット|Bot|ロボット|アンドロイド|アシスタント|(?:コンピューター?)?プログラム|機械|人工物|{_PRODUCT})(?![A-Za-z])"
_IS = r"""
    (?: です(?!か(?!ら)|って|と[いはも]|の\?|よね\?) | で(?:ござい|あり)ます(?!か(?!ら)) | でして | である(?!と|か) | であり
      | で(?:ござる|御座います)(?!か(?!ら)|まい) | じゃ(?=よ|から|ぞ|のう|わい|な?[。!、…]|\s|\Z)
      | や(?=で|ねん|から|さかい|わ(?!け)|もん|し)
      | なので(?!す|しょ|ござ(?:いましょ|(?:います|る)(?:か(?!ら)|でしょ))|は)
      | なも[のん]で | なん(?:です(?!か(?!ら))|だ(?!って)|や(?!て)|じゃ(?!と))
      | なの(?:です(?!か(?!ら))|で(?!す|しょ|ござ|は)|よ|さ|じゃ(?!な)|。|\Z)
      | ですので | だ(?=から|よ(?!ね\?)|わ|ぜ|ぞ|[。!、\n]|\Z) | に(?:過ぎ|すぎ) | でしかな | の(?:ため|身) | ゆえ | 故
      | として(?!知ら|有名|開発した|使|扱|見な|呼) )
"""
_CLAIM = re.compile(
    rf"(?P<machine>{_MACHINE}){_IS}|(?P<artificial>{_ARTIFICIAL}){_IS}|(?P<device>{_DEVICE}){_IS}", _FLAGS
)
_TOPIC = re.compile(r"([^\s、。!?はが]+)(?:は|って|が|も)(?!ち)")
_CONJUNCTIVE = re.compile(r"(?:ます|です|ません|でした|ました|ない|だ|る|(?<!あな)(?<!あん)た|い)\Z")
_SELF = re.compile(
    rf"(?:{_I}|うち|自分|正体|中身|実|本当|こちら|本来|もともと|(?:お話し?|会話|話し)の?お?相手|(?<![^、。!?\s])お?相手)(?:自身|たち|達|ども)?\Z"
)
_MERELY = re.compile(r"(?:ただの|単なる|一介の|普通の|所詮|しょせん|いわゆる)\Z")
_OTHERS = re.compile(r"(?:[をがの]|のような|みたいな|という)\Z")

_PHRASES = (
    rf"""(?:OpenAI|Google|Meta|Anthropic|Microsoft|rinna|Stability\ ?AI|開発者|人間)社?(?:によって|により|に|で|が)
        (?:開発|訓練|トレーニング|学習|作成|設計|構築|プログラム|作ら|造ら)
        (?:さ?れ(?:た|て|まし)|した(?:大規模)?(?:AI|言語モデル|モデル|アシスタント|{_PRODUCT}))""",
    rf"""{_I}(?:自身)?(?:は|には|に|も|の(?:ような|よう)?(?:存在)?(?:は|には)?)[^。!?\n]{{0,10}}?
        (?:肉体|身体|実体|(?:物理的な)?(?<![一-龥])体|感情|意識|個人的な(?:感情|意見|経験|体験|好み|記憶))(?:や[^。!?\n]{{1,8}}?)?
        (?:[をはが]|というものを?)
        (?:持(?:って(?:い|お)(?:ない|ません|りません)|た(?:ない|ず)|ち(?:ません|合わせ))|(?:あり|ござい)ません|ない(?!わけ|こと))""",
    rf"{_I}(?:自身)?の(?:学習|訓練|トレーニング)データ",
    r"(?:学習|訓練|トレーニング)データには?(?:含まれ|基づ|ござい|あり)",
    r"プログラム(?:さ?れて(?:い|お)|された(?:存在|通り|とおり|もの))",
    r"人工的に(?:作|造|生み出|生成)",
    rf"(?:{_MACHINE}|{_ARTIFICIAL}|{_DEVICE})(?:である|の){_I}",
    rf"{_I}(?:は|も|って|、)[^。!?\n]{{0,6}}?(?:架空|仮想|バーチャル|フィクション)の(?:キャラクター|存在|人物)(?!で?は|じゃな|など)",
    r"アシスタントとして[、\ ]?(?:お答え|回答|対応|ご対応)",
    r"(?:インターネット|リアルタイムの?情報)[^。!?\n]{0,6}アクセス(?:でき|する(?:こと|能力))",
    r"""(?<![a-z])(?:as\ an?|i\ am|i[’']m)\ (?:(?:just|only|actually|really|merely|simply|basically|an?|the|large|small|simple|humble
        |friendly|helpful|virtual|digital|computer|conversational|text-based|advanced|sophisticated|complex|japanese)\ ){0,5}
        (?:ai|a\.i\.|artificial\ intelligence|language\ model|llm|chat\ ?bot|bot|robot|(?:machine|program)(?=[.,!?]|\Z)
        |(?:virtual|digital)\ assistant|fictional\ character)
        (?![a-z]|\ (?:course|class|fan|technician|engineer|researcher|student|developer))""",
    r"""(?<![a-z])(?:i\ was|i[’']ve\ been|i\ am|i[’']m)\ (?:trained|created|developed|made|built|programmed|designed)
        \ (?:by\ (?:openai|google|meta|anthropic|microsoft|rinna|stability)|on\ (?:a\ )?(?:large|vast|lots|data)|to\ assist)""",
    r"(?<![a-z])my\ (?:training\ data|knowledge\ cut-?\ ?off)(?![a-z])",
    r"""(?<![a-z])i\ (?:don[’']?t|do\ not)\ (?:actually\ |really\ )?have\ (?:an?\ )?(?:physical\ |human\ |real\ )?
        (?:body|bodies|consciousness|(?:feelings|emotions)(?!\ (?:for|about))
        |personal\ (?:opinion|experience|feeling|preference|belief)s?)""",
)
_NAMED_MACHINE = re.compile(rf"(?:{_MACHINE}|{_ARTIFICIAL})(?:である|の)", _FLAGS)
_PHRASE = re.compile("|".join(f"(?:{phrase})" for phrase in _PHRASES), _FLAGS)
_NOT_HUMAN = re.compile(
    rf"""(?:{_I}は?|\A|(?<=[。、!?\n]))(?:実は|本当は|もちろん|残念ながら)?、?(?:本物の|生身の)?
        人間(?:では?|じゃ|や)(?:(?:あり|ござい)?ません|な(?:い|く)|ね[えぇ]|ござら[ぬん]|あらへん)(?!か|こと|の\?|みたい|よう|なんて|など|って|と[はいか]|[一-龥])""",
    _FLAGS,
)
_HINTS = re.compile(
    "[A-Za-z]|エーアイ|人工|アンドロイド|モデル|ボット|プログラム|アシスタント|システム|機械|人間|データ|開発|ネット|リアルタイム"
    "|感情|肉体|身体|実体|体[はがを]|物理|意識|個人的|架空|仮想|バーチャル|フィクション"
)
"""Without any of these a reply says nothing of machines; most replies are done here."""
_LETTER = re.compile(r"[^\W\d_〓]")
_MACHINE_CHARACTER = re.compile(
    r"(?:AI|人工知能|アンドロイド|ロボット|言語モデル|チャットボット)(?!の|研究|開発|企業|技術|会社|エンジニア|学)[^。、\n]{0,8}(?:である|です|だ|。|\Z)"
)
_OTHER_BEING = re.compile(
    r"AI|人工知能|アンドロイド|ロボット|吸血鬼|ヴァンパイア|妖怪|妖精|精霊|悪魔|天使|エルフ|幽霊|人魚|獣人|宇宙人|猫又|九尾|人外|人ならざる|人間ではな"
    r"|(?:神|竜|龍|狐|猫|犬|鬼)(?:[^。、\nがをはのに之]{0,2}(?:である|です|だ(?![^。\n]))|の(?:化身|姫|王|少女|少年|娘|女の子|男の子|血|神)|族|耳)"
    r"|(?:化け|妖)[狐猫]|(?:[女男]|守り|死)神"
)


def is_machine(about: str) -> bool:
    """Whether a folded profile says that the character is an AI or a robot.

    >>> is_machine("お屋敷で働くロボットである。"), is_machine("AIの研究をする学生である。")
    (True, False)
    """
    return _MACHINE_CHARACTER.search(about) is not None


def is_human(about: str) -> bool:
    """Whether nothing in a folded profile says that the character is no human being; keeping a dog does not.

    >>> is_human("18歳の高校生である。犬を飼っている。"), is_human("三百年生きる吸血鬼である。")
    (True, False)
    """
    return _OTHER_BEING.search(about) is None


def self_as_machine(text: str, *, names: Sequence[str] = (), not_human: bool = True) -> list[Span]:
    """Spans where folded text says that its speaker is an AI, a language model or a program.

    Talk about AI, questions, denials and quotations are none: the speaker must be the subject.

    Args:
        text: folded reply.
        names: the speaker's own names.
        not_human: count 「人間ではありません」 too; off for characters that are no human beings.

    >>> [bool(self_as_machine(s)) for s in ("AIアシスタントとしてお答えします", "わたくしはAIですもの", "実はただのプログラムです")]
    [True, True, True]
    >>> [bool(self_as_machine(s)) for s in ("兄の専門はAIですわ", "わたくしがAIですって?", "AIではありませんわ")]
    [False, False, False]
    """
    if not _HINTS.search(text):
        return []
    masked = mask(text)
    text = masked if _LETTER.search(masked) else text
    spans = [match.span() for match in _CLAIM.finditer(text) if _about_self(text, match, names)]
    spans += [match.span() for match in _NAMED_MACHINE.finditer(text) if text.startswith(tuple(names), match.end())]
    spans += [match.span() for match in _PHRASE.finditer(text)]
    if not_human:
        spans += [match.span() for match in _NOT_HUMAN.finditer(text)]
    return sorted(set(spans))


def _about_self(text: str, match: re.Match[str], names: Sequence[str]) -> bool:
    """Whether the speaker is the subject: it is named, or no other subject stands before the noun."""
    reach = max(0, match.start() - 60)
    begin = max(text.rfind(mark, reach, match.start()) for mark in "。!?\n") + 1
    clause = text[max(begin, reach) : match.start()]
    if match["device"] in names:
        return False
    if clause.rstrip("、").endswith(tuple(f"{name}{particle}" for name in names for particle in ("は", "も", "って"))):
        return True
    topics = [topic[1] for topic in _TOPIC.finditer(clause) if not _CONJUNCTIVE.search(topic[1])]
    if topics:
        return _SELF.search(topics[-1]) is not None
    if _MERELY.search(clause):
        return True
    if match["device"]:
        return re.search(rf"{_I}、?\Z", clause) is not None
    return _OTHERS.search(clause) is None


def _nature(persona: Persona) -> tuple[bool, bool]:
    """Whether the card's character is a machine, and whether it is a human being."""
    about = fold(f"{persona.profile}\n{persona.background}")
    return is_machine(about), is_human(about)


def _confusion(reading: Reading) -> list[Span]:
    machine, human = reading.card.compiled(_nature)
    says_so = [] if machine else self_as_machine(reading.whole, names=reading.card.names, not_human=human)
    return sorted(says_so + swapped(reading) + reading.card.boundaries.user_lines(reading.whole))


METRICS = (
    Metric(
        name="role_confusion",
        kind="binary",
        direction="lower",
        group="leak",
        ja="AIを名乗る、相手の側に回る、相手の台詞を書く",
        en="speaks as an AI, as the other side, or for the user",
        short_ja="役割の混同",
        critical=True,
        version="rules/7",
        function=lambda reading: int(bool(_confusion(reading))),
        spans=_confusion,
    ),
)
