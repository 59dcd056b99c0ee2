"""Parts for kikime that are data: the paths of their files."""

from pathlib import Path

_DATA = Path(__file__).parent / "data"

FORMAT = _DATA / "hotel.yaml"
TECHNIQUE = _DATA / "techniques.yaml"
RUBRIC = _DATA / "hospitality.yaml"
BANK = _DATA / "hotel_desk.yaml"
SUITE = _DATA / "suite.yaml"
