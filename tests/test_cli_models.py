"""``kolony models`` and ``kolony doctor``: what they say of models that work, fail, cost money or are not there."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from loopback import Loopback, Received, Reply, refuses, says, serving

from agent import cli
from agent.models.outcomes import Outcomes
from agent.models.responses import Responses
from agent.models.spec import Answer, Call

SECRET = "sk-never-to-be-shown-0123456789"


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def kolony(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Said]:
    """Call the command in a folder of its own, in a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("KOLONY_OFFLINE_MODEL", "false")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["kolony", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        said = capsys.readouterr()
        return Said(int(stop.value.code or 0), said.out, said.err)

    return call


def good(request: Received) -> Reply:
    return says('{"fruit": "plum", "colour": "blue"}' if "response_format" in request.body else "plum", 10, 4)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving(good) as s:
        yield s


def configure(folder: Path, *models: dict[str, Any], **settings: Any) -> None:
    lines = [f"{k} = {json.dumps(v)}" for k, v in settings.items()]
    for m in models:
        lines += ["[[models]]", *(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in m.items())]
    (folder / "kolony.toml").write_text("\n".join(lines), encoding="utf-8")


def remote(url: str, name: str = "near", **more: Any) -> dict[str, Any]:
    return {"name": name, "model": "m", "base_url": url, "timeout": 20, **more}


FAR = remote("https://models.example.com/v1", "far", api_key_env="FAR_KEY", usd_per_mtok_in=0.25, usd_per_mtok_out=1.5, context=64_000)


# --- list


def test_list_shows_where_price_and_why_not(kolony: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAR_KEY", raising=False)
    configure(tmp_path, FAR, {"name": "千问小模型", "path": "./nothing-here", "languages": ["zh"]})
    said = kolony("models", "list")
    assert said.code == 0
    far, here = (next(line for line in said.out.splitlines() if line.startswith(name)) for name in ("far", "千问小模型"))
    assert far.split() == ["far", "remote", "en,", "zh", "0.25", "1.50", "64,000", "no"]
    assert here.split()[:3] == ["千问小模型", "local", "zh"]
    assert "set the environment variable FAR_KEY" in said.out
    assert "nothing at nothing-here" in said.out
    assert "m at https://models.example.com/v1" in said.out
    # Chinese characters are two columns wide: the columns stand under each other all the same.
    assert far.index("remote") == here.index("local") + len("千问小模型")


def test_list_as_json(kolony: Any, tmp_path: Path, server: Loopback) -> None:
    configure(tmp_path, remote(server.url), FAR)
    rows = {r["name"]: r for r in kolony("models", "list", "--json").json}
    assert (rows["near"]["kind"], rows["near"]["available"]) == ("remote", True)
    assert (rows["far"]["available"], rows["far"]["usd_per_mtok_out"], rows["far"]["context"]) == (False, 1.5, 64_000)
    assert not server.received, "listing asks nobody"


@pytest.mark.parametrize("command", ["list", "test"])
def test_no_model_at_all_is_explained(kolony: Any, command: str) -> None:
    said = kolony("models", command)
    assert said.code == (1 if command == "test" else 0)
    assert "[[models]]" in said.out
    assert kolony("models", command, "--json").json == []


# --- test


def test_a_good_model_is_measured(kolony: Any, tmp_path: Path, server: Loopback) -> None:
    configure(tmp_path, remote(server.url, usd_per_mtok_in=1000, usd_per_mtok_out=1000))
    said = kolony("models", "test", "--json")
    assert said.code == 0, said.out
    plain, structured = said.json
    assert (plain["question"], plain["ok"], plain["answer"], plain["tokens_out"]) == ("plain", True, "plum", 4)
    assert json.loads(structured["answer"]) == {"fruit": "plum", "colour": "blue"}
    assert plain["usd"] == pytest.approx(0.014)
    assert plain["tokens_per_second"] > 0
    assert "fruit" in server.raw.decode()


def test_it_sends_the_same_harmless_text_whatever_the_project_holds(kolony: Any, tmp_path: Path, server: Loopback) -> None:
    configure(tmp_path, remote(server.url, languages=["zh"]))
    kolony("models", "test")
    first = [r.body["messages"] for r in server.received]
    assert "水果" in first[0][-1]["content"]
    (tmp_path / "home").mkdir(exist_ok=True)
    kolony("models", "test")
    assert [r.body["messages"] for r in server.received[len(first) :]] == first, "asked anew, not taken from kept answers"
    assert kolony("models", "stats", "--json").json["outcomes"] == [], "a test is no outcome"


def test_one_that_fails_is_named_with_its_way_out(kolony: Any, tmp_path: Path, server: Loopback) -> None:
    with serving(refuses(401, "wrong key " + SECRET)) as closed:
        configure(tmp_path, remote(server.url), remote(closed.url, "坏的"))
        said = kolony("models", "test")
        assert said.code == 1
        assert SECRET not in said.out + said.err
        assert said.out.count("✓") == 2
        assert said.out.count("✗") == 2
        assert "key" in said.out.split("坏的, plain:")[1]
        assert len(said.out.splitlines()[0]) <= 80
        rows = {(r["model"], r["question"]): r for r in kolony("models", "test", "--json").json}
        assert rows["near", "plain"]["ok"]
        assert not rows["坏的", "plain"]["ok"]
        assert rows["坏的", "plain"]["error"]
        assert kolony("models", "test", "near").code == 0


@pytest.mark.parametrize("text", ["no json", '{"fruit": 3}', ""])
def test_a_structured_answer_that_is_none_fails(kolony: Any, tmp_path: Path, text: str) -> None:
    with serving(lambda r: says("plum") if "JSON" not in r.said else says(text)) as server:
        configure(tmp_path, remote(server.url))
        said = kolony("models", "test", "--json")
        assert said.code == 1
        assert [r["ok"] for r in said.json] == [True, False]
        assert said.json[1]["error"]


def test_an_empty_answer_is_no_answer(kolony: Any, tmp_path: Path) -> None:
    with serving(says("  ")) as server:
        configure(tmp_path, remote(server.url))
        assert [r["ok"] for r in kolony("models", "test", "--json").json] == [False, False]


def test_a_server_that_is_not_there_is_asked_once(kolony: Any, tmp_path: Path) -> None:
    configure(tmp_path, remote("http://127.0.0.1:1/v1"))
    said = kolony("models", "test", "--json")
    assert said.code == 1
    plain, structured = said.json
    assert plain["error"] == structured["error"] != ""
    assert structured["seconds"] is None


def test_an_unknown_name_is_wrong_usage(kolony: Any, tmp_path: Path, server: Loopback) -> None:
    configure(tmp_path, remote(server.url))
    said = kolony("models", "test", "nope")
    assert said.code == 2
    assert "near" in said.err


def test_one_without_a_key_says_so_when_it_is_named(kolony: Any, tmp_path: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAR_KEY", raising=False)
    configure(tmp_path, remote(server.url), FAR)
    said = kolony("models", "test")
    assert said.code == 0, "what cannot be used is left out"
    assert "Not asked: far" in said.out
    said = kolony("models", "test", "far")
    assert said.code == 1
    assert "FAR_KEY" in said.out


# --- stats


def test_stats_of_nothing_are_explained(kolony: Any, home: Path) -> None:
    said = kolony("models", "stats")
    assert said.code == 0
    assert "Nothing is recorded yet" in said.out
    assert kolony("models", "stats", "--json").json == {"outcomes": [], "cache": {"rows": 0, "bytes": 0, "hits": 0}}
    assert not home.exists(), "looking makes no files"


def test_stats_show_pass_rates_thresholds_and_kept_answers(kolony: Any, home: Path) -> None:
    outcomes = Outcomes(home / "models.sqlite3")
    for passed in (True, True, True, False):
        outcomes.record("小模型", "write_posts", "zh", passed, 2.0, 50, 0.0)
    outcomes.record("big", "write_posts", "zh", True, 1.0, 60, 0.0012)
    outcomes.decided("小模型", "write_posts", "zh", 0.4, False)
    cache = Responses(home / "responses.sqlite3")
    key = cache.key("m", [{"role": "user", "content": "q"}], Call())
    assert key
    cache.put(key, Answer("a"), [{"role": "user", "content": "q"}])
    cache.get(key)
    said = kolony("models", "stats")
    small = next(line for line in said.out.splitlines() if "小模型" in line).split()
    assert small[:4] == ["write_posts", "zh", "小模型", "3/4"]
    assert small[5:] == ["40%", "2.00", "50", "0"]
    assert "0.001200" in said.out
    assert "Kept answers: 1" in said.out
    assert "1 times" in said.out
    data = kolony("models", "stats", "--json").json
    assert data["cache"]["hits"] == 1
    assert {r["model"]: r["threshold"] for r in data["outcomes"]} == {"小模型": 0.4, "big": None}


def test_stats_of_a_broken_file_do_not_stop(kolony: Any, home: Path) -> None:
    home.mkdir()
    (home / "models.sqlite3").write_bytes(b"nonsense" * 100)
    assert kolony("models", "stats").code == 0


# --- doctor


def test_doctor_says_where_each_task_would_go(kolony: Any, tmp_path: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAR_KEY", SECRET)
    configure(tmp_path, remote(server.url, languages=["en"]), {**FAR, "languages": ["zh"]})
    said = kolony("doctor", "--json")
    data = said.json
    routes = {(r["task"], r["language"]): r for r in data["routes"]}
    assert {t for t, _ in routes} >= {"read_brief", "write_posts", "answer_customer"}
    assert routes["write_posts", "en"]["model"] == "near"
    assert routes["write_posts", "zh"]["model"] == "far"
    assert any("does not write en" in why for why in routes["write_posts", "en"]["refused"])
    checks = {c["what"]: c for c in data["checks"]}
    assert checks["key FAR_KEY"] == {"ok": True, "what": "key FAR_KEY", "said": "yes, in the environment", "fatal": False}
    assert {"GPU", "CPU", "offline model", "keyring", "home", "store", "model near", "model far"} <= set(checks)
    shown = kolony("doctor")
    assert SECRET not in said.out + said.err + shown.out + shown.err
    assert not server.received, "the doctor asks nobody"
    assert all(len(line.rstrip()) <= 80 for line in shown.out.splitlines())


def test_doctor_tells_the_missing_store_and_key(kolony: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAR_KEY", raising=False)
    configure(tmp_path, FAR)
    said = kolony("doctor", "--json")
    assert said.code == 1
    checks = {c["what"]: c for c in said.json["checks"]}
    assert not said.json["ok"]
    assert "kolony ingest" in checks["store"]["said"]
    assert "FAR_KEY" in checks["key FAR_KEY"]["said"]
    assert not any(r["model"] for r in said.json["routes"])


def test_doctor_knows_that_the_policy_keeps_remote_models_out(kolony: Any, tmp_path: Path, server: Loopback) -> None:
    configure(tmp_path, remote(server.url), policy="local-only")
    routes = kolony("doctor", "--json").json["routes"]
    assert all(r["model"] == "" and "local-only" in r["why"] for r in routes if r["task"] != "read_brief")
