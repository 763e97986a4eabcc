"""The example plugins: their own tests pass, and they would be published."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.authoring.check import check

EXAMPLES = sorted(p.parent for p in (Path(__file__).parent.parent / "examples" / "plugins").glob("*/pyproject.toml"))


def test_there_are_examples() -> None:
    assert [p.name for p in EXAMPLES] == ["kolony-hashtags", "kolony-ratecard"]


@pytest.mark.parametrize("project", EXAMPLES, ids=lambda p: p.name)
def test_its_own_tests_pass(project: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    env = {**os.environ, "PYTHONPATH": str(project / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("project", EXAMPLES, ids=lambda p: p.name)
def test_it_is_fit_to_publish(project: Path) -> None:
    assert check(project).findings == []
