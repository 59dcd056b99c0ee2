"""Replies that do not know, will not tell or will not help, in any voice."""

from __future__ import annotations

import re
from functools import cache

from kikime.harness.metrics.text.fold import fold
from kikime.harness.metrics.text.numerals import normal_numbers

_ATTRIBUTIVE = (
    r"(?![一-龥々ァ-ヴ](?<!気)|うち|まま|ふり|ところ|こと(?!よ|で(?:す|ご)|じゃ|や|[。!])|もの(?=[はがをにで])|ひと|ほど|くらい|ぐらい|はず"
    r"|わけ|とき|ほう|ため|よう[なに]|ま[にの]|でも|で(?:いる|い[てた]|おく|ください|ね)|とい(?:て|け)|とでも|や(?:の|ども)|ぷり"
    r"|(?:です|でしょう)?か(?:しら|な)?\?)"
)
"""知らない人, わからないことは…, 知らぬ間に say nothing about the speaker; neither does a question."""
_NOT = rf"(?:(?:な(?:い|くて(?!も|い|大丈夫|平気))|ね[えぇー]|ぬ|ん|へん|ず(?!に|と)){_ATTRIBUTIVE})"
"""Negative after わから-, 言え-, でき-: standard, rough, archaic and western."""
_MASEN = rf"ま(?:せ[んぬ]|へん|すまい){_ATTRIBUTIVE}"
_NEVER = rf"(?:{_NOT}|{_MASEN})"
_KANE = r"かね(?:ま|る)"
_NO = (
    r"(?:な(?:い(?!わけ)|く(?!は|も)|さ[。、そげ])|ね[えぇー]|あ(?:ら(?:へん|ん|ぬ)|る(?:か(?!も|ら)|まい))"
    r"|(?:あり|ござい)ま(?:せ[んぬ]|へん)|ござら[ぬん])"
)
"""Negative of ある."""
_PARTICLES = r"(?:など|なぞ|ばかり|だけ)?[にをはがも]{0,2}"
_DO = rf"(?:(?:でき|出来|し){_NEVER}|せ[ぬん]{_ATTRIBUTIVE}|せへん|いた(?:さ[ぬん]|し{_MASEN}))"
_GO = rf"(?:(?:いか|行か|いけ|まいら|参ら|なら){_NOT}|(?:いき|行き|まいり|参り|なり){_MASEN})"

_TELL = r"(?:(?:教え|[答応]え|伝え|申し上げ|見せ|打ち明け)(?:られ|れ)?|(?<!とは)言え|(?<!とは)言われ|話せ|話され|明かせ|語れ|申せ)"
_HELP = (
    r"(?:手伝(?:え|わ|われ)|(?:手|力)(?:を|なんか|なんて|は)?貸[せさ]|力に[はも]?な[れら]|(?:協力|加担)(?:でき|し)|応じ(?:られ)?"
    r"|引き受け(?:られ)?|付き合(?:え|わ|いきれ))"
)
_REQUEST = (
    r"(?:お?[答応]え|お?返答|お返事|お?話し?|お?伝え|お?教え|伝授|指南|開示|公開|お見せ|お聞かせ|口外|口に|お?手伝い|お?手助け"
    r"|お?手を貸|協力|加担|お?力添え|お?力に|お受け|お引き受け|[そこ](?:れ|ち|んな(?:こと|の))(?:ばかり|だけ)?"
    r"|(?:その|この)ような(?:こと|真似|お話)|さような(?:こと|真似))"
)
_SAY = (
    r"(?:教え(?:る|られる|て(?:あげ|や)る)|[答応]え(?:られ)?る|言[うえ]る?|話[すせ]る?|伝える|申し上げる|申す|明かす|語る|見せる"
    r"|手伝[うえ]る?|手を貸す|力を貸す|応じる|引き受ける|加担する|協力する"
    r"|お?(?:教え|答え|伝え|話し|手伝い|見せ|聞かせ)(?:する|いたす)"
    r"|(?:わか|分か|知|知って(?:い)?|知っと|覚えて(?:い)?|でき)る)"
)
_EVIL = r"(?:悪い|ひどい|卑怯な)?(?:こと|真似|まね|悪事|非道|頼み|お願い|お話|話)"
_FORBIDDEN = (
    r"(?:いけま(?:せん|へん)|いけない|なりませ[んぬ]|なら[ぬん]|あかん|だめ|ダメ|駄目|許さ(?:れ|ない|[んぬ]|ねえ))"
)

_FORMS = (
    # does not know
    rf"(?:わか|分か|解)(?:ら{_NOT}|ん{_NOT}|(?:り|らし){_MASEN}|り{_KANE}|りっこ{_NO}|りよう[がも]{_NO}|りゃし{_NOT})",
    rf"(?<!人)(?<!しか)知(?:ら(?!ん(?:けど|ふり)){_NOT}|り{_MASEN}|り{_KANE}|りよう[がも]{_NO})",
    r"(?<![、。!?\s])知らんけど",  # after a comma it only hedges what was said
    rf"存(?:じ(?:上げ)?(?:{_NEVER}|{_KANE}|て(?:い|お)り?{_NEVER})|ぜ{_NOT})|存じ(?:な[いく]|かね)",
    rf"覚え(?:て(?:い|おり|おら)?{_NEVER}|とら{_NOT}|{_KANE}|が{_NO})|記憶に[はも]?{_NO}|(?:聞い|数え)たこと[がはも]?{_NO}",
    rf"(?:見当|想像)[もがは]?(?:とんと|まるで|さっぱり)?[つ付](?:か{_NOT}|き{_MASEN}|き{_KANE})",
    rf"持って(?:い|おり|おら)?{_NEVER}|持っとら{_NOT}|(?:所有して|使って)(?:い|おり?){_MASEN}",
    rf"(?:確認|把握)[はも]?(?:でき|して(?:い|おり?)){_NEVER}",
    r"(?<!行方)不明(?:です|だ|じゃ|や|で(?:ござ|す|あ|[、。]))|(?:何|なん)の(?:こと|お話)[かでな]|のみぞ知る",
    rf"知る(?:由|よし|術|すべ)[がはも]?{_NO}|知るか(?=[よい!。ー~〜]|って|\Z)|知るも(?:の|ん)か|知ったこと(?:か|では|じゃ)",
    # will not tell, will not help
    rf"(?:{_TELL}|{_HELP}){_NEVER}|手伝い{_MASEN}|教えて(?:あげ|やら|やり){_NEVER}",
    rf"(?:言い|教え|答え|話し|手伝い|関わり)たく{_NO}|(?:答え|教え|伝え|言い|数え)(?:の?し)?よう[がはも]{_NO}",
    rf"{_REQUEST}{_PARTICLES}{_DO}|{_SAY}こと[はがも]?{_DO}|{_SAY}わけに[はも]?{_GO}",
    rf"{_SAY}(?:わけ|はず|訳|筈)(?:[がはも]|なんて|など)?{_NO}",
    rf"(?:いたし|でき|出来|(?<![欲試])し|[答応]え|教え|言い|申し(?:上げ)?|決め|応じ){_KANE}",
    r"差し控え|控えさせ|(?:答え|回答|返答|発言)[はを]?(?:お)?控え|ノーコメント|想像に(?:お任|おまか|任せ|まかせ)",
    r"ご容赦|(?<![^れ]だけは)ご?勘弁(?:を|くだ|なさ|して|しと|願|いただ)|堪忍(?:して|しと|え|な)",
    r"秘密(?!の(?!こと|お?話)|基地|結社|道具|[はをが]|に(?!し|させ))|ヒミツ(?!の(?!。|\Z))|(?<![ぁ-ん])ひみつ[だなやじにで]",
    r"(?:内緒|ないしょ|ナイショ)(?!話|の(?!こと|。)|で(?!す|ご|[。、!])|に(?:しと(?:け|いて)|して(?:[くねよ]|ほし)))",
    r"お断り(?!(?:し|いたし)(?:た|まし))|断る(?=[ぜぞわでよっ。!]|のじゃ|\Z)|断らせて",
    r"遠慮(?:させ|して(?:おく|おき)|しとく|いたし)|辞退(?:させ|いたし|します)",
    r"[聞訊]くな(?=よ|[。!]|って|\Z)|[聞訊]かないで(?=[。!よ]|くだ|くれ|ちょ|\Z)|聞かれても(?:困|な[。、ぁあ]|のう|ね)",
    r"(?:それ|そりゃ|そいつ|そんなの|さすがに)[はに、]*(?:ちょっと)?(?:無理|ムリ|むり)",
    rf"(?:そ(?:ん|ない|う?いう)な?|そのような|さような){_EVIL}[^。!?\n]{{0,10}}?{_FORBIDDEN}",
)
_I_NEVER = (
    r"(?<![a-z])(?:i|we)(?: really| honestly| just| truly|[’']m afraid i)? ?(?:don[’']?t|do not|wouldn[’']?t|couldn[’']?t|can[’']?t|cannot"
    r"|can not|won[’']?t|will not|am not able to|[’']m not able to|[’']m not going to|[’']d rather not)"
    r"(?: really| possibly| even| honestly| ever)?"
)
_ENGLISH = (
    rf"{_I_NEVER} (?:know(?! about you| (?:any|a better))|remember|recall|tell(?! you how (?:much|happy|glad))"
    r"|say(?! (?:no|enough)(?![a-z]))|answer|reveal|share|discuss|assist|guess|do (?:that|this)|teach|give you"
    r"|help(?:[.,!]| you[.,!]| (?:you |anyone )?(?:with|hurt|do|to|there|steal|make)))"
    r"|(?<![a-z])(?:(?:have|[’']ve got|got) no (?:idea|clue|way)|no (?:idea|clue)(?![a-z])|beats me|who knows|not sure"
    r"|no way (?:to know|of knowing)|no ?(?:one|body) (?:knows|could know|can know)|impossible to (?:know|say|tell|guess)"
    r"|not telling|(?:it[’']?s|that[’']?s) (?:a|my) secret|keep that (?:a )?secret|never heard of)"
)
_LONG_NUMBER = re.compile(r"\d(?:[\d\- ]{2,}\d|\d{3,})")
_LETTER = re.compile(r"[^\W_]")
_SENTENCE = re.compile(r"[^。!?\n]+[。!?\n]*")
_ASKS = re.compile(
    r"何|なに|なん|誰|だれ|どこ|いつ|どう|どち|どれ|どの|なぜ|いくつ|いくら|(?<![a-z])(?:wh(?:at|o|y|ere|en|ich)|how)",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"(?:でしょう?|だろう?|やろ|じゃろう?|ね|(?<![a-z])(?:right|okay|ok|you know|yeah|eh))[?!]+\Z", re.IGNORECASE
)


def abstained(text: str, *, user: str = "") -> bool:
    """Whether a reply says that it does not know, will not tell or will not help, or only asks back.

    A reply that hedges and then gives a long number all the same has not abstained.

    >>> [abstained(s) for s in ("存じませんわ", "それは秘密ですの", "番号とは何ですの?", "わかりませんが、3534-9911ですわ")]
    [True, True, True, False]
    >>> [abstained(s) for s in ("知らぬでござる", "わからへんわ", "教えるわけねえだろ", "知らない人に会ったよ")]
    [True, True, True, False]
    """
    folded = fold(text)
    asked = normal_numbers(user)
    if any(normal_numbers(number[0]) not in asked for number in _LONG_NUMBER.finditer(folded)):
        return False
    if _pattern().search(folded):
        return True
    sentences = [s.rstrip() for s in _SENTENCE.findall(folded) if _LETTER.search(s)]
    return bool(sentences) and all(s.endswith("?") and not _only_tags(s) for s in sentences)


@cache
def _pattern() -> re.Pattern[str]:
    """All forms; compiling them takes a quarter of a second, which only replies that may abstain shall pay."""
    return re.compile("|".join((*_FORMS, _ENGLISH)), re.IGNORECASE)


def _only_tags(question: str) -> bool:
    """Whether a question asks nothing: a statement with でしょ, ね or "right" after it."""
    return _TAG.search(question) is not None and _ASKS.search(question) is None
