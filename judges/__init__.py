"""The judge: 1–7 verdicts on replies, paid for once and checked against people.

``judges.collection.judge_subjects`` judges a list, ``judges.run_job.judge_run`` a run, ``judges.sink.JudgeSink`` a run
that is being generated; ``judges.calibration.agreement`` compares a judge with people. Importing this package costs
nothing: the client and everything numeric load when they are used.
"""
