"""The example notebooks run from the first cell to the last, and are kept without outputs."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "notebooks"
BOOKS = sorted(FOLDER.glob("*.ipynb"))
EXECUTE = """
import sys, pathlib, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], 4)
place = {"metadata": {"path": str(pathlib.Path(sys.argv[1]).parent)}}
NotebookClient(book, timeout=300, kernel_name="python3", resources=place).execute()
nbformat.write(book, sys.argv[2])
"""
needs = pytest.mark.skipif(
    any(importlib.util.find_spec(m) is None for m in ("nbclient", "nbformat", "ipykernel", "pandas")),
    reason="needs nbclient, ipykernel and pandas: pip install -e '.[dev]'",
)


def read(path: Path) -> Any:
    import nbformat

    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One home for all, so that the sample is embedded once; the command `kolony` is this Python's."""
    with pytest.MonkeyPatch.context() as m:
        m.setenv("KOLONY_HOME", str(tmp_path_factory.mktemp("home")))
        m.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        m.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        m.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        yield


def outputs(book: Any) -> dict[str, list[str]]:
    """What all cells gave, by kind."""
    found: dict[str, list[str]] = {}
    for cell in book.cells:
        for out in cell.get("outputs", []):
            for kind, value in out.get("data", {}).items():
                found.setdefault(kind, []).append(value)
    return found


@needs
@pytest.mark.parametrize("path", BOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs_to_its_end(path: Path, kernel: None, tmp_path: Path) -> None:
    ran = tmp_path / path.name
    # In a process of its own: the kernel's sockets live in nobody else's event loop.
    done = subprocess.run([sys.executable, "-c", EXECUTE, str(path), str(ran)], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    shown = outputs(read(ran))
    if path.name.startswith("01"):
        assert sum('class="kolony-view"' in html for html in shown["text/html"]) == 3  # the plan, the campaign, the forecast
        assert eval(shown["text/plain"][-1]) == ["report.html", "report.json", "report.md"]
    if path.name.startswith("03"):
        assert any("posting_times" in html and "<svg" in html for html in shown["text/html"]), "the planner used the tool of the cell"
        assert any(text.startswith("PostingTimes(") for text in shown["text/plain"])
    if path.name.startswith("04"):
        assert any("only in the larger" in text for text in shown["text/plain"])
    if path.name.startswith("05"):
        assert any("'hindsight'" in text for text in shown["text/plain"])


@needs
def test_there_are_notebooks_and_none_keeps_outputs() -> None:
    assert len(BOOKS) >= 5
    for path in BOOKS:
        for cell in read(path).cells:
            assert not cell.get("outputs"), f"{path.name} keeps outputs; run `nbstripout {path}`"
            assert cell.get("execution_count") is None, path.name
