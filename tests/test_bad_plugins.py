"""Bad plugins beside the command line as a user has it: planning goes on, and the list says what is wrong with each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BAD = {
    "raises": ("raise RuntimeError('no licence file')", "RuntimeError: no licence file"),
    "hangs": ("import time; time.sleep(10)", "took longer than 0.3 s"),
    "wrong_argument": ("from agent import hookimpl\n@hookimpl\ndef before_step(context, step): ...", "no argument 'context'"),
    "clash": (
        "from agent import Brief, Context, DraftSet, hookimpl, tool\n@tool\ndef write_posts(ctx: Context, brief: Brief) -> DraftSet:\n"
        "    'Mine.'\n    return DraftSet()\n@hookimpl\ndef register_tools():\n    return [write_posts]",
        "both define the tool 'write_posts'",
    ),
    "absent": ("import a_package_that_nobody_has", "'a_package_that_nobody_has', which is not installed"),
}


def kolony(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "KOLONY_HOME": str(place / "home"), "KOLONY_CACHE": str(place / "cache"), "COLUMNS": "400"}
    command = [sys.executable, "-c", "from agent.cli import main; main()", "--plugins-dir", "bad", *words]
    return subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, timeout=120, check=False)


def place_with(place: Path, *names: str) -> Path:
    (place / "bad").mkdir()
    (place / "kolony.toml").write_text("[plugins]\nimport_seconds = 0.3\n")
    for name in names:
        (place / "bad" / f"{name}.py").write_text(BAD[name][0])
    return place


@pytest.mark.parametrize("name", BAD)
def test_a_plan_is_made_all_the_same_and_names_the_plugin(name: str, tmp_path: Path) -> None:
    done = kolony(
        place_with(tmp_path, name), "plan", "Find 3 creators on Instagram for our coffee bar, budget $900, write the posts", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert {"choose_creators", "write_posts"} & {s["tool"] for s in json.loads(done.stdout)["plan"]["steps"]}
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_the_list_says_what_is_wrong_with_each(tmp_path: Path) -> None:
    done = kolony(place_with(tmp_path, *BAD), "plugins", "list", "--json")
    assert done.returncode == 0, done.stderr
    listed = {p["name"]: p for p in json.loads(done.stdout)["plugins"]}
    for name, (_, words) in BAD.items():
        assert listed[name]["status"] == "broken"
        assert words in listed[name]["error"]
    assert listed["content_writer"]["tools"], "the plugin that was there first keeps its tool"
