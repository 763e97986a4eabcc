"""Commands of plugins on the command line, without importing plugins for nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from agent.cli import extensions

LOADED = "import sys\nsys.argv = ['kolony', *sys.argv[1:]]\nfrom agent.cli import main\ntry: main()\nfinally: print('LOADED', 'plugins.evaluator' in sys.modules, file=sys.stderr)"


def kolony(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KOLONY_CACHE": str(folder / "cache"), "COLUMNS": "120"}
    return subprocess.run([sys.executable, "-c", LOADED, *words], capture_output=True, text=True, env=environment, cwd=folder, check=False)


def test_help_lists_plugins_commands_and_loads_plugins_once_only(tmp_path: Path) -> None:
    first, again = kolony(tmp_path, "--help"), kolony(tmp_path, "--help")
    for shown in (first, again):
        assert shown.returncode == 0
        assert "backtest" in shown.stdout
        assert "Choose creators as of a past day" in shown.stdout
    assert first.stdout == again.stdout
    assert "LOADED True" in first.stderr
    assert "LOADED False" in again.stderr


def test_a_change_of_settings_or_a_broken_memory_is_noticed(tmp_path: Path) -> None:
    kolony(tmp_path, "--help")
    (tmp_path / "kolony.toml").write_text('[plugins]\nblock = ["evaluator"]\n')
    assert "backtest" not in kolony(tmp_path, "--help").stdout
    (tmp_path / "cache" / "commands.json").write_text("{")
    assert kolony(tmp_path, "--help").returncode == 0
    unknown = kolony(tmp_path, "backtest", "--help")
    assert unknown.returncode == 2
    assert "No such command" in unknown.stderr


def test_the_command_itself_is_the_plugins(tmp_path: Path) -> None:
    kolony(tmp_path, "--help")
    assert "--as-of" in kolony(tmp_path, "backtest", "--help").stdout


def test_one_of_kolonys_own_commands_imports_no_plugin(tmp_path: Path) -> None:
    assert "LOADED False" in kolony(tmp_path, "prompts", "--help").stderr


def test_where_the_memory_cannot_be_written_the_commands_are_there_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    monkeypatch.setenv("KOLONY_CACHE", str(tmp_path / "cache"))
    app = typer.Typer()
    extensions.add_to(app, ["--help"])
    assert "backtest" in extensions._lines(app)
