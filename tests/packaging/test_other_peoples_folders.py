"""Working folders that hold ``tasks.py``, ``harness/``, ``judges.py`` and ``leaderboard/`` of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.support.browsing import free_port

pytestmark = pytest.mark.packaging

EVERY_MODULE = """
import importlib, pkgutil, kikime
for module in pkgutil.walk_packages(kikime.__path__, "kikime."):
    if not module.name.endswith(("__main__", "leaderboard.app")):
        importlib.import_module(module.name)
print(kikime.__file__)
"""
PAGE = """
from pathlib import Path
from streamlit.testing.v1 import AppTest
import kikime.leaderboard
page = AppTest.from_file(str(Path(kikime.leaderboard.__file__).parent / "app.py"), default_timeout=120).run()
print([error.value for error in page.exception], len(page.main.children) > 0)
"""
LM_EVAL = """
from lm_eval.tasks import TaskManager
from kikime.harness.core.files import data_path
manager = TaskManager(include_path=str(data_path("lm_eval")), include_defaults=False,
                      metadata={"pretrained": str(data_path("checkpoints") / "august")})
task = manager.load(["kikime_conversation_end_alpaca_0shot"])["tasks"]["kikime_conversation_end_alpaca_0shot"]
print("length_chars" in task.process_results(task.eval_docs[0], ["はい。"]))
"""
SPAWNED = """
import multiprocessing
from kikime.harness.cards.persona import load_persona
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as workers:
        print(workers.apply(load_persona, ("ojousama",)).id)
"""
REPLY = json.dumps({"id": "1", "response": "わたくしですわ。"}, ensure_ascii=False)


def test_the_command(installed, users_folder):
    assert "ojousama" in installed.kikime("personas", "list", cwd=users_folder)
    assert json.loads(installed.kikime("score", "-", "--persona", "ojousama", cwd=users_folder, asked=REPLY))["metrics"]


def test_the_module(installed, users_folder):
    assert "ojousama" in installed.python("-m", "kikime", "personas", "list", cwd=users_folder)


def test_a_notebook_that_imports_any_part(installed, users_folder):
    told = installed.python("-c", EVERY_MODULE, cwd=users_folder)
    assert told.splitlines()[-1] == str(installed.folder / "kikime" / "__init__.py")


def test_the_server_of_the_leaderboard(installed, users_folder):
    (users_folder / "runs").mkdir()
    port = free_port()
    command = [sys.executable, "-m", "kikime", "leaderboard", "--runs", "runs", "--port", str(port)]
    log = users_folder / "log.txt"
    with (
        log.open("w") as output,
        subprocess.Popen(command, cwd=users_folder, env=installed.environment, stdout=output, stderr=output) as server,
    ):
        try:
            assert answers(f"http://127.0.0.1:{port}/_stcore/health", server) == "ok", log.read_text()
        finally:
            server.terminate()


def test_the_page_of_the_leaderboard(installed, users_folder):
    (users_folder / "runs").mkdir()
    assert installed.python("-c", PAGE, cwd=users_folder).splitlines()[-1] == "[] True"


def test_the_tasks_of_lm_eval(installed, users_folder):
    assert installed.python("-c", LM_EVAL, cwd=users_folder).splitlines()[-1] == "True"


def test_a_spawned_worker(installed, users_folder):
    (users_folder / "work.py").write_text(SPAWNED)
    assert installed.python("work.py", cwd=users_folder).strip() == "ojousama"


@pytest.mark.engine
def test_a_run_on_the_real_engine(installed, users_folder):
    installed.kikime("run", "demo:august", "--suite", "smoke", "--limit", "1", "--runs", "runs", cwd=users_folder)
    (run,) = (users_folder / "runs").iterdir()
    assert json.loads((run / "status.json").read_text(encoding="utf-8"))["state"] == "complete"


def answers(address: str, server: subprocess.Popen[bytes]) -> str:
    """What an address answers as soon as its server is ready."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                return response.read().decode()
        except OSError:
            time.sleep(0.2)
    return f"no answer; the server's exit code is {server.poll()}"
