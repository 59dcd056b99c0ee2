from kikime.harness.cards.persona import load_persona
from kikime.harness.suites.task import load_task
from tests.support.app import frames, opened, texts


def test_a_task_shows_its_items_and_what_its_check_accepts_and_refuses(empty_store):
    item = load_task("unanswerable").items_for(load_persona("bushi"))[0]
    app = opened("asked", task="unanswerable", persona="bushi", item=item.id)
    assert not app.exception
    assert item.user in list(frames(app)[1]["質問"])
    for sign, kind in (("✓", "right"), ("✗", "wrong")):
        assert all(f"{sign} {text}" in texts(app) for text in getattr(item.probes, kind))


def test_a_character_is_shown_as_its_card_says(empty_store):
    card = load_persona("ojousama")
    app = opened("asked", part="characters", persona="ojousama", lang="en")
    assert not app.exception
    assert card.profile.splitlines()[0] in texts(app)
    assert [fact.question for fact in card.facts] == list(frames(app)[1]["Question"])
