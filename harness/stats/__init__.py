"""Intervals, paired comparison, ranking and flexibility: pure functions from tables to tables.

Nothing here knows of files, engines or the network. A ``seed`` makes every result reproducible, the order of rows and
columns never matters, and a table with a hole in it is refused (:class:`kikime.harness.stats.validation.TableError`).
"""
