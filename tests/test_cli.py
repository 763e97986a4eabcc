"""The command line as its user meets it: answers, files, exit codes, and what is said when something is wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent import Kolony, cli, hookimpl
from agent.host import Host

REQUEST = "find 3 creators on Xiaohongshu for our sugar-free soda, ¥60k, write the posts, tell me what it will bring"


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def kolony(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Call the command in this process."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("KOLONY_OFFLINE_MODEL", "false")  # the template writer; SmolLM2 has a test of its own

    def call(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["kolony", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        code = stop.value.code
        said = capsys.readouterr()
        return Answer(code if isinstance(code, int) else 0 if code is None else 1, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory, sample_dir: Path) -> Path:
    """A home with a part of the shipped sample: every Xiaohongshu and Instagram creator, and their posts."""
    folder = tmp_path_factory.mktemp("stocked")
    lines = (sample_dir / "posts.jsonl").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if '"platform": "xiaohongshu"' in line or '"platform": "instagram"' in line]
    (folder / "export").mkdir()
    (folder / "export" / "posts.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    shutil.copy(sample_dir / "creators.csv", folder / "export" / "creators.csv")
    command = [str(Path(sys.executable).with_name("kolony")), "ingest", str(folder / "export"), "--json"]
    done = subprocess.run(command, env={**os.environ, "KOLONY_HOME": str(folder / "home")}, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    assert report["written"]["added"] == len(kept) + report["store"]["creators"]
    assert report["faults"] == []
    return folder / "home"


@pytest.fixture
def stock(stocked: Path, home: Path) -> Path:
    """The test's own copy of the stocked home."""
    shutil.copytree(stocked, home)
    return home


# --- planning


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; sys.argv = ['kolony', '--help']\nfrom agent.cli import main\ntry: main()\nexcept SystemExit: pass\nprint('|'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "plan" in done.stdout
    loaded = set(done.stderr.split("|"))
    assert not loaded & {"torch", "transformers", "chromadb", "langgraph", "langchain_core", "openai", "pydantic", "numpy"}


def test_plan_imports_nothing_heavy(home: Path) -> None:
    code = f"import sys; sys.argv = ['kolony', 'plan', {REQUEST!r}, '--json']\nfrom agent.cli import main\ntry: main()\nexcept SystemExit: pass\nprint('|'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["plan"]["steps"]
    assert not set(done.stderr.split("|")) & {"torch", "transformers", "chromadb", "langgraph", "openai", "sklearn", "scipy", "snownlp"}


def test_plan_json_has_the_stable_form(kolony: Any) -> None:
    answer = kolony("plan", REQUEST, "--json")
    assert answer.code == 0
    plan = answer.json
    assert set(plan) == {"brief", "plan", "planned_by", "estimate", "problems"}
    assert set(plan["brief"]) >= {
        "language", "brand", "product", "objective", "platforms", "budget", "creator_count", "creator_tiers", "audience", "flight",
        "deliverables", "must_say", "must_not_say", "facts",
    }  # fmt: skip
    assert plan["brief"]["budget"] == {"amount": 60000, "currency": "CNY"}
    assert plan["brief"]["deliverables"] == ["slate", "drafts", "forecast"]
    assert plan["brief"]["brand"] is None
    steps = {s["tool"]: s for s in plan["plan"]["steps"]}
    assert set(steps) == {"search_creators", "select_slate", "write_posts", "forecast_campaign"}
    assert set(steps["select_slate"]) == {"id", "tool", "args", "needs", "produces"}
    assert (steps["select_slate"]["needs"], steps["select_slate"]["produces"]) == (["shortlist"], "Slate")
    assert plan["planned_by"] == "compiler"
    assert set(plan["estimate"]) == {"model_calls", "tokens", "usd", "seconds"}


def test_plan_shows_text_and_mermaid(kolony: Any) -> None:
    assert "select_slate" in kolony("plan", REQUEST).out
    assert kolony("plan", REQUEST, "--mermaid").out.startswith(("graph", "flowchart"))


def test_a_request_can_come_from_standard_input(home: Path) -> None:
    command = [str(Path(sys.executable).with_name("kolony")), "plan", "-", "--json"]
    done = subprocess.run(command, input="给我们的气泡水找5位小红书达人", capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["brief"]["creator_count"] == 5


# --- requests that cannot be planned


@pytest.mark.parametrize("request_", ["", "   \n\t"])
@pytest.mark.parametrize("command", ["plan", "run", "ask"])
def test_an_empty_request_is_wrong_usage(kolony: Any, command: str, request_: str) -> None:
    answer = kolony(command, request_)
    assert (answer.code, answer.out) == (2, "")
    assert "empty" in answer.err


@pytest.mark.parametrize("request_", ["hello there", "今天天气不错"])
def test_a_request_for_nothing_says_what_can_be_asked(kolony: Any, home: Path, request_: str) -> None:
    answer = kolony("run", request_)
    assert answer.code == 1
    assert "slate" in answer.err
    assert not (home / "runs").exists()


def test_a_huge_request_is_read_in_bounded_time(kolony: Any) -> None:
    began = time.monotonic()
    answer = kolony("plan", REQUEST + " very nice" * 10_000, "--json")
    assert time.monotonic() - began < 10
    assert answer.json["brief"]["creator_count"] == 3
    assert any("20,000" in p["message"] for p in answer.json["problems"])


def test_an_unknown_platform_is_told(kolony: Any) -> None:
    answer = kolony("plan", "find 5 creators on Friendster for our soda", "--json")
    assert any("Friendster" in p["message"] for p in answer.json["problems"])


def test_an_unknown_command_is_wrong_usage(kolony: Any) -> None:
    answer = kolony("fly")
    assert answer.code == 2
    assert "fly" in answer.err


def test_broken_settings_name_file_and_field(kolony: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kolony.toml").write_text("max_usd = 'plenty'\n")
    answer = kolony("plan", REQUEST)
    assert answer.code == 2
    assert "max_usd" in answer.err
    (tmp_path / "kolony.toml").write_text("max_usd = = 2\n")
    assert "kolony.toml" in kolony("plan", REQUEST).err


# --- the whole way


def test_run_delivers_a_campaign_and_resume_repeats_nothing(kolony: Any, stock: Path) -> None:
    answer = kolony("run", REQUEST)
    assert answer.code == 0, answer.err
    report = Path(answer.out.strip().splitlines()[-1].removeprefix("Report: "))
    assert report.is_file()
    assert (report.parent / "report.md").is_file()
    campaign = json.loads((report.parent / "report.json").read_text(encoding="utf-8"))
    slate, drafts, forecast = (campaign["artifacts"][k] for k in ("slate", "drafts", "forecast"))
    assert 1 <= len(slate["picks"]) <= 3
    assert sum(p["cost"]["amount"] for p in slate["picks"] if p["cost"]) <= 60000
    assert len(drafts["drafts"]) == len(slate["picks"])
    assert forecast["engagements"]["p10"] <= forecast["engagements"]["p50"] <= forecast["engagements"]["p90"]
    named = {p["candidate"]["creator"] for p in slate["picks"]}
    assert named <= set(campaign["sources"])

    before = (report.parent / "events.jsonl").read_text().count('"step_started"')
    again = kolony("resume", "last")
    assert again.code == 0, again.err
    assert (report.parent / "events.jsonl").read_text().count('"step_started"') == before

    shown = kolony("runs", "show", "last", "--json").json
    assert shown["status"] == "done"
    listed = kolony("runs", "list", "--json").json
    assert [r["id"] for r in listed] == [campaign["run_id"]]
    assert campaign["run_id"] in kolony("runs", "list").out
    assert "shortlist" in kolony("runs", "show").out


def test_a_plugin_that_fails_while_watching_is_told_and_does_not_stop_the_run(stock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLONY_OFFLINE_MODEL", "false")

    class Watcher:
        @hookimpl
        def on_event(self, event: Any) -> None:
            raise RuntimeError("no ink")

    host = Host()
    host.register(Watcher(), "watcher")
    with Kolony(host=host) as k, pytest.warns(UserWarning, match="no ink"):
        assert k.run(REQUEST).status == "done"


def test_a_request_nobody_fits_ends_with_advice_and_no_exception(kolony: Any, stock: Path) -> None:
    answer = kolony("run", "find 5 creators on LinkedIn for our soda, $5,000", "--json")
    slate = answer.json["artifacts"]["slate"]
    assert slate["picks"] == []
    assert slate["notes"]
    assert "Traceback" not in answer.err


def test_an_impossible_budget_is_told(kolony: Any, stock: Path) -> None:
    answer = kolony("run", "find 3 creators on Xiaohongshu for our soda, budget ¥1", "--json")
    slate = answer.json["artifacts"]["slate"]
    assert sum(p["cost"]["amount"] for p in slate["picks"] if p["cost"]) <= 1
    assert slate["notes"]


def test_ask_answers_from_brand_material_or_hands_over(kolony: Any, stock: Path, tmp_path: Path) -> None:
    page = tmp_path / "faq.md"
    page.write_text("# 常见问题\n\n### 可以用支付宝吗？\n\n可以刷卡，也可以用支付宝。\n", encoding="utf-8")
    assert kolony("ingest", "--material", str(page)).code == 0
    answer = kolony("ask", "你们收支付宝吗？", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["grounded"]
    assert answer.json["citations"][0]["source"] == "faq.md"
    nonsense = kolony("ask", "What is the boiling point of tungsten hexafluoride?", "--json").json
    assert nonsense["grounded"] is False
    assert nonsense["hand_over"]


def test_search_and_creators(kolony: Any, stock: Path) -> None:
    hits = kolony("posts", "search", "无糖汽水", "--limit", "5", "--json").json
    assert len(hits) == 5
    assert all(h["id"] for h in hits)
    creators = kolony("creators", "list", "--platform", "xiaohongshu", "--json").json
    assert creators
    assert kolony("creators", "show", creators[0]["id"]).json == creators[0]
    missing = kolony("creators", "show", "xiaohongshu:nobody")
    assert missing.code == 2
    assert "nobody" in missing.err


def test_ctrl_c_keeps_what_is_finished_and_resume_goes_on(stock: Path) -> None:
    environment = {**os.environ, "KOLONY_HOME": str(stock), "KOLONY_OFFLINE_MODEL": "false"}
    kolony = str(Path(sys.executable).with_name("kolony"))
    process = subprocess.Popen(
        [kolony, "run", REQUEST], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a test run in the background inherits that it is ignored
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not any('"step_started"' in e.read_text() for e in stock.glob("runs/*/events.jsonl")):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "kolony resume last" in err
    assert "Traceback" not in err
    done = subprocess.run([kolony, "resume", "last", "--json"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "done"


# --- what can be wrong with the store, the disk and the files


def test_an_empty_store_says_to_ingest(kolony: Any, home: Path) -> None:
    answer = kolony("posts", "search", "soda")
    assert answer.code == 1
    assert "kolony ingest" in answer.err


def test_a_home_that_cannot_be_written_is_told(kolony: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KOLONY_HOME", str(tmp_path / "file" / "home"))
    answer = kolony("run", REQUEST)
    assert answer.code == 1
    assert "cannot be written" in answer.err
    assert "KOLONY_HOME" in answer.err


def test_a_store_in_use_is_told(stock: Path, kolony: Any) -> None:
    code = f"import time\nfrom pathlib import Path\nfrom vectorstore import open_store\ns = open_store(Path({str(stock / 'store')!r}))\nprint('open', flush=True)\ntime.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    try:
        assert other.stdout.readline() == "open\n"
        answer = kolony("posts", "search", "soda")
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    assert answer.code == 1
    assert "Traceback" not in answer.err
    assert re.search(r"process|in use|另", answer.err)


def test_a_missing_path_is_wrong_usage(kolony: Any) -> None:
    answer = kolony("ingest", "no/such/folder")
    assert answer.code == 2
    assert "no/such/folder" in answer.err


def test_broken_rows_are_reported_and_the_rest_goes_in(kolony: Any, tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_bytes(
        "id,platform,creator_id,text,likes\n1,xiaohongshu,c1,无糖汽水好喝,1.2万\n2,friendster,c1,坏的一行,3\n3,xiaohongshu,c2,再来一瓶,-\n".encode(
            "gb18030"
        )
    )
    answer = kolony("ingest", str(tmp_path / "posts.csv"), "--json")
    assert answer.code == 0, answer.err
    report = answer.json
    assert report["store"]["posts"] == 2
    assert len(report["faults"]) == 1
    assert "3" in str(report["faults"][0])


def test_a_file_without_a_usable_column_is_told(kolony: Any, tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text("temperature,wind\n20,3\n")
    answer = kolony("ingest", str(tmp_path / "weather.csv"))
    assert answer.code == 1
    assert "temperature" in answer.err


# --- what is there


def test_lists(kolony: Any, stock: Path) -> None:
    plugins = kolony("plugins", "list", "--json").json
    assert {p["name"] for p in plugins["plugins"] if p["status"] == "loaded"} >= {"kol_search", "evaluator"}
    assert plugins["tools"]["select_slate"]["takes"] == {"brief": "Brief", "shortlist": "Shortlist"}
    prompts = kolony("prompts", "list", "--json").json
    assert {"en", "zh"} <= {p["language"] for p in prompts if p["name"] == "write_posts"}
    assert kolony("prompts", "show", "write_posts").out.strip()
    assert isinstance(kolony("models", "list", "--json").json, list)
    doctor = kolony("doctor")
    assert doctor.code == 0, doctor.out
    assert "posts" in doctor.out
