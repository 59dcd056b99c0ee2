"""``make fuzz``: every reader of what other people write, fed by a fuzzer that is guided by what the code has covered (atheris).

Each target runs in a process of its own. An input that breaks one is kept below ``.fuzz``; ``python -m tools.fuzz --target
NAME --input FILE`` shows it again.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

KEPT = Path(".fuzz")
_DONE = re.compile(r"stat::number_of_executed_units:\s+(\d+)")


def main() -> None:
    """Fuzz every target, or one; exit 1 where an input broke something."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=30, help="for each target")
    parser.add_argument("--target")
    parser.add_argument("--input", type=Path, help="try this input alone")
    chosen = parser.parse_args()
    if chosen.input:
        from tools.fuzz.targets import TARGETS

        TARGETS[chosen.target].check(chosen.input.read_bytes())
    elif chosen.target:
        _fuzz(chosen.target, chosen.seconds)
    else:
        sys.exit(_all(chosen.seconds))


def _all(seconds: int) -> bool:
    from tools.fuzz.targets import TARGETS

    print("| target | executions | findings |\n|---|---|---|")
    total, findings = 0, list[str]()
    for name in TARGETS:
        line = [sys.executable, "-m", "tools.fuzz", "--target", name, "--seconds", str(seconds)]
        done = subprocess.run(line, capture_output=True, text=True, errors="replace", check=False)
        executions = int(found[1]) if (found := _DONE.search(done.stderr)) else 0
        total += executions
        if done.returncode:
            findings.append(f"{name}: {_cause(done.stdout + done.stderr)}")
        print(f"| {name} | {executions:,} | {int(done.returncode != 0)} |", flush=True)
    print(f"| all | {total:,} | {len(findings)} |")
    print(f"\n{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {seconds} s each")
    print(*findings, sep="\n")
    return bool(findings)


def _cause(output: str) -> str:
    lines = output.splitlines()
    start = next((number for number, line in enumerate(lines) if "Uncaught Python exception" in line), 0)
    return "\n    ".join(lines[start : start + 40])


def _fuzz(name: str, seconds: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["kikime"], enable_loader_override=False):
        from tools.fuzz.targets import TARGETS
    target, folder = TARGETS[name], KEPT / name.replace(" ", "-")
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-artifact_prefix={folder}/", "-print_final_stats=1", "-max_len=8192"]
    atheris.Setup([sys.argv[0], str(corpus), *options, "-timeout=30", "-rss_limit_mb=4096"], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
