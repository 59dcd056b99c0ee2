"""Numbers as people read them."""

from __future__ import annotations


def number(value: float | None, digits: int = 2) -> str:
    """A number; "—" when there is none.

    >>> number(-0.5), number(-0.001), number(None)
    ('−0.50', '0.00', '—')
    """
    if value is None:
        return "—"
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def signed(value: float | None, digits: int = 2) -> str:
    """A number with its sign.

    >>> signed(0.5), signed(-0.5), signed(0.001)
    ('+0.50', '−0.50', '±0.00')
    """
    if value is None:
        return "—"
    text = f"{value:+.{digits}f}"
    return f"±{0:.{digits}f}" if float(text) == 0 else text.replace("-", "−")


def percent(value: float | None, digits: int = 1) -> str:
    """A share (0–1) as a percentage; "—" when there is none.

    >>> percent(0.2366), percent(0.5, 0), percent(None)
    ('23.7%', '50%', '—')
    """
    return "—" if value is None else f"{number(100 * value, digits)}%"
