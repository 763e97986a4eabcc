"""``python -m bench``: one failing measurement is reported and does not stop the others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import __main__ as runner


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of measurements: a good one, one that fails, one that cannot be imported, and a module that is none."""
    package = tmp_path / "measures"
    package.mkdir()
    files = {
        "__init__": "",
        "fine": "def run():\n    return ['| a |', '|---|', '| 42 |']\n",
        "fails": "def run():\n    raise ValueError('the disk is made of cheese')\n",
        "unimportable": "import no_such_module_of_ours\n",
        "helper": "VALUE = 1\n",
        "hourly": "SLOW = True\ndef run():\n    return ['an hour later']\n",
    }
    for name, text in files.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(runner, "HERE", package)
    usual, every = list(runner.benches(package, "measures")), list(runner.benches(package, "measures", slow=True))
    monkeypatch.setattr(runner, "benches", lambda slow=False: every if slow else usual)
    yield package
    for name in [m for m in sys.modules if m.split(".")[0] == "measures"]:
        del sys.modules[name]


def test_a_failing_measurement_is_reported_and_stops_nothing(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main([]) == 1
    results = (world / "RESULTS.md").read_text(encoding="utf-8")
    assert "| 42 |" in results
    assert "**Failed**: ValueError: the disk is made of cheese" in results
    assert "no_such_module_of_ours" in results
    assert "## helper" not in results
    said = capsys.readouterr()
    assert "| 42 |" in said.out
    assert "Failed: fails, unimportable" in said.err


def test_one_alone_leaves_the_results_as_they_are(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main(["--only", "fine"]) == 0
    assert "| 42 |" in capsys.readouterr().out
    assert not (world / "RESULTS.md").exists()


def test_an_unknown_name_says_which_there_are(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main(["--only", "nothing"]) == 2
    assert "fails, fine, hourly, unimportable" in capsys.readouterr().err


def test_the_header_tells_the_kind_of_machine_and_nothing_else(world: Path) -> None:
    runner.main([])
    import getpass
    import socket

    header = "\n".join((world / "RESULTS.md").read_text(encoding="utf-8").split("\n")[:6])
    assert "cores" in header
    assert socket.gethostname() not in header
    assert str(Path.home()) not in header
    assert f" {getpass.getuser()} " not in header


def test_what_takes_an_hour_runs_only_when_named(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runner.main([])
    assert "an hour later" not in capsys.readouterr().out
    assert runner.main(["--only", "hourly"]) == 0
    assert "an hour later" in capsys.readouterr().out


def test_one_section_of_the_results_is_put_in_place_of_the_old_one(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner.main([])
    monkeypatch.setattr(sys.modules["measures.fine"], "run", lambda: ["43 now"])
    found = [(name, getattr(sys.modules.get(f"measures.{name}"), "run", bench)) for name, bench in runner.benches(slow=True)]
    monkeypatch.setattr(runner, "benches", lambda slow=False: found)
    assert runner.main(["--only", "fine", "--write"]) == 0
    assert runner.main(["--only", "hourly", "--write"]) == 0
    results = (world / "RESULTS.md").read_text(encoding="utf-8")
    assert "43 now" in results
    assert "| 42 |" not in results
    assert "the disk is made of cheese" in results
    assert [line for line in results.splitlines() if line.startswith("## ")] == ["## fails", "## fine", "## hourly", "## unimportable"]
