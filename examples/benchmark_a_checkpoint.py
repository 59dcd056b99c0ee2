"""Job 1: a new checkpoint is there. Does it stay in character, and in which prompt formats?

Run it cell by cell in an editor that knows `# %%`, or whole: python examples/benchmark_a_checkpoint.py
"""

# %% What will be asked, and how long does it take? Nothing is loaded yet.
import sys

import kikime

CHECKPOINT = sys.argv[1] if len(sys.argv) > 1 else "demo:september"
GRID = {"suite": "smoke", "personas": ["ojousama"], "formats": ["native", "alpaca", "chatml"], "limit": 2}

plan = kikime.plan(CHECKPOINT, **GRID)
print(f"{plan.n_replies} replies, {plan.n_prompt_tokens:,} prompt tokens, {plan.seconds[0]:.0f} s or more")

# %% Generate and score. Interrupted? kikime.resume(run) goes on; nothing is generated twice.
run = kikime.run(CHECKPOINT, **GRID, name="benchmark")

# %% What came of it: means over personas, each 0 to 1 (characters: a count).
for metric in ("style_level", "length_fit", "length_chars", "critical_failure"):
    print(f"{metric:18} {run.summary.metrics[metric].mean:.2f}")

# %% Where does it break? Every reply is a row, its scores are columns.
replies = run.to_frame()
print(replies.groupby("format")[["style_level", "turn_leak", "no_eos"]].mean().round(2))
for reply in replies[replies["critical_failure"] == 1]["response"].head(3):
    print(repr(reply[:60]))
