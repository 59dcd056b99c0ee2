"""Write ``tasks/lm_eval`` anew: ``python tools/write_lm_eval_tasks.py``."""

from __future__ import annotations

from kikime.harness.core.files import data_path
from kikime.harness.lmeval.files import task_files


def main() -> None:
    """Replace every YAML file below ``tasks/lm_eval``."""
    folder = data_path("lm_eval")
    for former in folder.rglob("*.yaml"):
        former.unlink()
    for name, content in task_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    print(f"{len(task_files())} files in {folder}")


if __name__ == "__main__":
    main()
