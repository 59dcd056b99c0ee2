"""The judge: 1–7 verdicts on replies, paid for once and checked against people.

``jobs.collection.judge_subjects`` judges a list, ``runs.run_job.judge_run`` a run, ``runs.sink.JudgeSink`` a run that is
being generated; ``kikime.stats.agreement`` compares a judge with people. Importing this package costs nothing: the
client and everything numeric load when they are used.
"""
