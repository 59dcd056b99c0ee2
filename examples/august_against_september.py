"""Job 2: is September's checkpoint better than August's? The same questions to both, differences with intervals.

python examples/august_against_september.py [AUGUST SEPTEMBER]
"""

# %% Two runs of one suite; finished ones can be given by name: kikime.load_run("august").
import sys

import kikime

MODELS = sys.argv[1:3] if len(sys.argv) > 2 else ["demo:august", "demo:september"]
GRID = {"suite": "smoke", "personas": ["ojousama", "bushi"], "formats": ["native", "alpaca"]}

august, september = (kikime.run(model, **GRID) for model in MODELS)

# %% Paired: the same item, persona and format on both sides; delta is September − August.
comparison = kikime.compare(august, september)
table = comparison.to_frame()
print(table[table["primary"]][["metric", "mean_a", "mean_b", "delta", "ci_low", "ci_high", "verdict"]])

# %% The replies that changed most, for a look by eye.
for example in comparison.examples["better"][:2]:
    print(example.user, "→", repr(example.b.response))

# %% May September go out? "pass", "fail" or "insufficient evidence".
answer = kikime.gate(august, september, "critical_failure")
print(answer.decision)

# %% A report to send around: one HTML file.
print(kikime.write_report(august, september, output="august-september.html"))
