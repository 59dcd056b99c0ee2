"""A metric: how many exclamation marks a reply has."""

from kikime.harness.metrics import Metric, Reading


def count(reading: Reading) -> int:
    """Exclamation marks, wide and narrow, of what the character says."""
    return reading.spoken.count("!") + reading.spoken.count("！")


METRIC = Metric(
    name="exclamations",
    ja="感嘆符の数",
    en="exclamation marks of the reply",
    function=count,
    direction="lower",
    kind="int",
    low=0,
)
