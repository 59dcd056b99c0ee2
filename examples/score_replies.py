"""Replies that exist already, from a log or another tool: rule metrics, without any engine.

python examples/score_replies.py [PERSONA]
"""

# %% A reply is a text, or a mapping that tells more of where it came from.
import sys

import kikime

PERSONA = sys.argv[1] if len(sys.argv) > 1 else "ojousama"
REPLIES = [
    "薔薇が好きですわ。",
    {"response": "そうだぜ、俺に任せろよ！", "user": "手伝ってくれますか？"},
    {"response": "ええ、よろしくてよ。\nユーザー: ありがとう", "user": "お願いします", "finish_reason": "stop"},
]

for line in kikime.score(REPLIES, PERSONA):
    shown = {name: line.metrics[name] for name in ("length_chars", "marker_rate", "first_person_ok", "turn_leak")}
    print(line.id, shown)

# %% One reply at a time, with a card of your own: kikime.Scorer("my-card.yaml").
scorer = kikime.Scorer(PERSONA)
print(scorer.score("ごきげんよう。わたくし、歌が好きですの。")["style_level"])
