"""What a failed call means: ask again, give this reply up, or stop the whole job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kikime.harness.core.reasons import Phrase
from kikime.harness.engines.served.faults import NO_MONEY, causes_of, reason_of, retry_after
from kikime.harness.engines.served.words import one_line, server_words
from kikime.judges.verdicts.verdict import Status

if TYPE_CHECKING:
    import openai

MAX_CALLS = 6
"""Most calls for one verdict."""
LONGEST_WAIT = 120.0
"""Seconds; a server that asks for more is given up."""
_CALLS = {"timeout": 2, "invalid": 3, "truncated": 3}


@dataclass(eq=False)
class Fault(Exception):
    """A call without a verdict; ``calls`` is how many in all are worth trying, 1 for none after this one."""

    status: Status
    message: str
    """For a person."""
    calls: int = 1
    wait: float | None = None
    stops: bool = False
    """No other call can succeed either."""
    unreachable: bool = False
    words: str | None = None
    """The server's own or the system's, where ``message`` is a sentence about them."""

    @property
    def stored(self) -> str:
        """What a verdict keeps: words of others as they are, or a sentence of ours, which is its own name in the catalogue."""
        return str(self.words or self.message)


def classify(error: openai.APIError | TimeoutError) -> Fault:
    """The meaning of what the client raised."""
    import openai

    if any(isinstance(cause, TimeoutError) for cause in causes_of(error)):
        return Fault("timeout", Phrase("the judge did not answer in time"), calls=_CALLS["timeout"])
    if isinstance(error, openai.APIStatusError):
        return _classify_status(error)
    reason = reason_of(error)
    message = Phrase("the judge cannot be reached: {reason}", reason=reason)
    return Fault("error", message, calls=MAX_CALLS, unreachable=True, words=reason)


def understood() -> Fault:
    """A refusal that led to another wording of the request, which is worth a call of its own."""
    return Fault("error", Phrase("the server refuses a parameter"), calls=MAX_CALLS, wait=0.0)


def unreadable(status: Status, message: str) -> Fault:
    """An answer that came but cannot be used; asked again a few times."""
    return Fault(status, message, calls=_CALLS[status])


def _classify_status(error: openai.APIStatusError) -> Fault:
    code = error.status_code
    names = {str(error.code), str(error.type)}
    message = f"{code}: {_text(error)}"
    if names & NO_MONEY or code == 402:
        fault = Fault(
            "quota", Phrase("the judge's quota is gone ({message})", message=message), stops=True, words=message
        )
    elif code in {401, 403}:
        fault = Fault(
            "error", Phrase("the judge refuses the key ({message})", message=message), stops=True, words=message
        )
    elif code == 404 or "model_not_found" in names:
        fault = Fault(
            "error",
            Phrase("the judge's server does not have that model or address ({message})", message=message),
            stops=True,
            words=message,
        )
    elif code == 400 and names & {"content_filter", "content_policy_violation"}:
        fault = Fault("refused", message)
    elif code in {408, 409, 429} or code >= 500:
        fault = _passing(message, retry_after(error.response.headers))
    else:
        fault = Fault("error", message)
    return fault


def _passing(message: str, wait: float | None) -> Fault:
    """A fault that may be gone in a moment."""
    if wait is not None and wait > LONGEST_WAIT:
        asks = Phrase("the server asks to wait {wait:.0f} s ({message})", wait=wait, message=message)
        return Fault("error", asks, words=message)
    return Fault("error", message, calls=MAX_CALLS, wait=wait)


def _text(error: openai.APIStatusError) -> str:
    return server_words(error.response.content) or one_line(str(error.message))
