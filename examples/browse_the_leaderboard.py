"""Job 3: which model is best, and how sure is that? All runs of a folder, ranked together.

python examples/browse_the_leaderboard.py [RUNS]
"""

# %% Ranks are intervals: where they overlap, these data cannot tell the models apart.
import sys

import kikime

RUNS = sys.argv[1] if len(sys.argv) > 1 else "runs"

ranking = kikime.rank(runs=RUNS)
print(ranking.to_frame()[["name", "rank", "rank_low", "rank_high", "overall", "ci_low", "ci_high"]])
for row in ranking.unranked:
    print(f"{row.name} is unranked: {row.coverage:.0%} of the replies are there")

# %% The same in the browser, with every reply, slice and verdict. This waits until Ctrl-C:
print(f"kikime leaderboard --runs {RUNS}")

# %% Without a server: one HTML file of the first two.
if len(ranking.rows) > 1:
    print(kikime.write_report(*(row.run for row in ranking.rows[:2]), output="leaderboard.html", runs=RUNS))
