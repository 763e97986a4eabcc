"""The documentation site: builds with warnings as errors, asks nothing of the network, and leaves out no hook and no artifact."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent import hookspecs
from agent.host import Host

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("mkdocstrings") is None:
        pytest.skip("mkdocs is not installed: pip install -e '.[docs]'")
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return target


def test_no_page_asks_for_anything_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 15
    for page in pages:
        text = page.read_text(encoding="utf-8")
        found = re.findall(
            r"""<(?:script|img|iframe)[^>]+src=["']https?://[^"']+|<link[^>]+rel=["'](?:stylesheet|preconnect)["'][^>]+https?://[^>]+""",
            text,
        )
        assert not found, (page.name, found)


def test_every_hook_artifact_and_command_is_in_the_reference(site: Path) -> None:
    hooks = (site / "reference" / "hooks.html").read_text(encoding="utf-8")
    for name, function in vars(hookspecs).items():
        if hasattr(function, "kolony_spec"):
            assert f"{name}(" in hooks, name
            assert (function.__doc__ or "").strip(), f"the hook {name} has no docstring"
    artifacts = (site / "reference" / "artifacts.html").read_text(encoding="utf-8")
    for name, kind in Host().artifact_types.items():
        assert f">{name}<" in artifacts, name
        assert all(f"<code>{field}</code>" in artifacts for field in set(kind.model_fields) - {"evidence", "confidence", "notes"}), name
    commands = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    assert all(f"kolony {word}" in commands for word in ("ingest", "run", "plugins new", "plugins check", "sentiment", "mcp serve"))


def test_nothing_is_left_to_generate(site: Path) -> None:
    assert not [p.name for p in site.rglob("*.html") if "generate:" in p.read_text(encoding="utf-8")]
