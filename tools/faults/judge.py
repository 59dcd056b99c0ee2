"""A judge in a process of its own, whose verdicts follow from the reply alone."""

from __future__ import annotations

import json
import threading
from multiprocessing.connection import Connection
from typing import Any

from kikime.harness.core.hashing import digest
from tests.support.judge_server import Answer, JudgeServer, completion, judged_text, verdict

_SECONDS = 0.02


def serve_judge(report: Connection) -> None:
    """Answer calls and batches until the process ends; the address is sent to ``report``."""
    report.send(JudgeServer(_judge).url)
    threading.Event().wait()


def _judge(body: dict[str, Any], _: int) -> Answer:
    score = 1 + int(digest("verdict", judged_text(body))[:4], 16) % 7
    return Answer(body=completion(json.dumps(verdict(body, score), ensure_ascii=False)), delay=_SECONDS)
