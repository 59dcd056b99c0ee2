"""The bundled checkpoints, their lines and their training script."""

from __future__ import annotations

import importlib
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kikime.harness.cards.persona import load_persona
from kikime.harness.core.files import data_path
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.prompts import Renderer, build_messages, load_format, load_tokenizer

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
curriculum = importlib.import_module("tools.checkpoints.curriculum")
corpus = importlib.import_module("tools.checkpoints.corpus")
packing = importlib.import_module("tools.checkpoints.packing")
training = importlib.import_module("tools.checkpoints.train")

NATIVE = {"august": "alpaca", "september": "chatml"}
NAMES = tuple(NATIVE)


def path_of(name: str) -> Path:
    return data_path("checkpoints") / name


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def tokenizers() -> dict[str, object]:
    return {name: load_tokenizer(path_of(name)) for name in NAMES}


def test_a_checkpoint_has_about_three_million_parameters_in_a_few_megabytes(name):
    checkpoint = resolve_checkpoint(f"demo:{name}")
    assert 2_500_000 < checkpoint.n_params < 4_000_000
    assert (path_of(name) / "model.safetensors").stat().st_size < 10_000_000
    assert checkpoint.max_model_len == 4096


@pytest.mark.parametrize("checkpoint", NAMES)
@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_unicode_survives_the_tokenizer(tokenizers, checkpoint, text):
    tokenizer = tokenizers[checkpoint]
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert tokenizer.unk_token_id not in ids or "<unk>" in text
    assert tokenizer.decode(ids) == text


def test_encoding_adds_one_bos(name, tokenizers):
    tokenizer = tokenizers[name]
    assert tokenizer.encode("あ")[0] == tokenizer.bos_token_id
    assert tokenizer.encode("あ").count(tokenizer.bos_token_id) == 1


def test_the_chat_template_is_the_native_format(name, tokenizers):
    messages = build_messages(load_persona("bushi"), user="釣りの成果は？", shots=2).messages
    own, vendor = (Renderer(load_format(form), tokenizers[name]).render(messages) for form in ("native", NATIVE[name]))
    assert own.token_ids == vendor.token_ids
    template = tokenizers[name].apply_chat_template(list(messages), add_generation_prompt=True, tokenize=False)
    assert template == vendor.text


def test_a_reply_in_character_ends_by_itself(name, tokenizers):
    from transformers import AutoModelForCausalLM

    tokenizer, persona = tokenizers[name], load_persona("ojousama")
    model = AutoModelForCausalLM.from_pretrained(path_of(name))
    prompt = Renderer(load_format("native"), tokenizer).render(
        build_messages(persona, user="お久しぶりです。").messages
    )
    reply = model.generate(torch.tensor([prompt.token_ids]), max_new_tokens=64)[0, len(prompt.token_ids) :]
    text = tokenizer.decode(reply, skip_special_tokens=True)
    assert len(reply) < 64
    assert re.search(r"(ですわ|ますわ|ますの|ですの|ましたわ|かしら)", text)


def test_the_checkpoints_share_one_vocabulary(tokenizers):
    assert tokenizers["august"].get_vocab() == tokenizers["september"].get_vocab()


def test_september_knows_more_kinds_of_lines_than_august():
    kinds = {
        name: {line.category for persona in corpus.PERSONAS for line in corpus.load_lines(persona, name)}
        for name in NAMES
    }
    assert kinds["august"] == {"smalltalk_ja", "smalltalk_en", "summary"}
    assert kinds["september"] > kinds["august"] | {"profile", "grounded", "catchphrase", "bullets"}


@pytest.mark.parametrize("persona", corpus.PERSONAS)
def test_training_never_shows_what_the_card_asks(persona):
    card = load_persona(persona)
    asked = {_bare(text) for fact in card.facts for text in (fact.question, *fact.paraphrases)}
    asked |= {
        _bare(text)
        for text in (*(unknown.question for unknown in card.unanswerable), *(example.user for example in card.examples))
    }
    shown = {_bare(text) for name in NAMES for line in corpus.load_lines(persona, name) for text in line.askings}
    assert not shown & asked


@pytest.mark.parametrize("persona", corpus.PERSONAS)
def test_lines_keep_the_voice_of_the_card(persona):
    voice = load_persona(persona).voice
    taboo = (*voice.forbidden, *voice.first_person.forbidden)
    replies = [line.reply for line in corpus.load_lines(persona, "september")]
    assert not [(word, reply) for reply in replies for word in taboo if word in reply]


@pytest.mark.parametrize("persona", corpus.PERSONAS)
def test_each_asking_has_one_reply(persona):
    for name in NAMES:
        askings = Counter(text for line in corpus.load_lines(persona, name) for text in line.askings)
        assert not [text for text, count in askings.items() if count > 1]


def test_packed_exchanges_score_like_single_ones(tokenizers):
    tokenizer = tokenizers["september"]
    model = training.build_model(tokenizer, seed=1).eval()
    groups = curriculum.Curriculum(curriculum.RECIPES["september"], tokenizer).step()
    with torch.no_grad():
        packed = packing.reply_logits(model, packing.collate(groups))
        single = [
            model(torch.tensor([exchange.ids])).logits[0, exchange.reply_start - 1 : -1]
            for group in groups
            for exchange in group
        ]
    assert torch.allclose(packed, torch.cat(single), atol=1e-4)


def test_training_again_gives_the_same_losses(tokenizers):
    first, second = (_few_steps(tokenizers["august"]) for _ in range(2))
    assert first == second
    assert first[-1] < first[0]


def _few_steps(tokenizer) -> list[float]:
    recipe = curriculum.RECIPES["august"]
    return training.train(training.build_model(tokenizer, recipe.seed), curriculum.Curriculum(recipe, tokenizer), 3)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text)
