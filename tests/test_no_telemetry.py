"""No telemetry: the main job, in a process whose sockets are watched, reaches for nothing but loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

WATCH = """
import ipaddress, os, sys
def _hook(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"):
        where = args[0] if event.startswith("socket.get") else args[1]
        if where is None or isinstance(where, (str, bytes)) and not event.startswith("socket.get"):
            return  # a unix socket
        host = str(where[0] if isinstance(where, tuple) else where)
        try:
            local = host in ("localhost", "") or ipaddress.ip_address(host).is_loopback
        except ValueError:
            local = False
        with open(os.environ["WATCHED"], "a") as f:
            f.write(("local " if local else "AWAY ") + event + " " + host + "\\n")
sys.addaudithook(_hook)
"""
JOB = """
import sys
from pathlib import Path
from agent.kolony import Kolony
from agent.settings import Settings
from vectorstore import read_exports
import chromadb, huggingface_hub, langchain_core, langgraph, openai  # also what only a model would load
with Kolony(Settings(home=Path(sys.argv[1]))) as k:
    exports = read_exports([Path(sys.argv[2])])
    k.store.upsert(exports.posts[:24], exports.creators[:8])
    campaign = k.run("Find 2 creators on Instagram for Zubbly sugar-free soda, $2,000, and forecast it")
    print(campaign.status)
"""


def job(tmp_path: Path) -> tuple[str, list[str]]:
    root = Path(__file__).resolve().parent.parent
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    watched = tmp_path / "watched.txt"
    watched.touch()
    # As a user starts it: none of the switches that the tests themselves set.
    off = (
        "ANONYMIZED_TELEMETRY",
        "HF_HUB_OFFLINE",
        "HF_HUB_DISABLE_TELEMETRY",
        "TRANSFORMERS_OFFLINE",
        "LANGSMITH_TRACING",
        "DO_NOT_TRACK",
    )
    env = {k: v for k, v in os.environ.items() if k not in off}
    env |= {
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{root}",
        "WATCHED": str(watched),
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_API_KEY": "ls-none",
    }
    command = [sys.executable, "-c", JOB, str(tmp_path / "home"), str(root / "examples" / "sample")]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path)
    return done.stdout + done.stderr[-2000:], watched.read_text().splitlines()


def test_the_main_job_reaches_for_nothing(tmp_path: Path) -> None:
    said, watched = job(tmp_path)
    assert said.startswith(("done", "partial")), said
    assert [line for line in watched if line.startswith("AWAY")] == []
    assert json.loads((next((tmp_path / "home" / "runs").glob("2*")) / "report.json").read_text())["steps"]


def test_the_watch_sees_what_it_is_for(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    watched = tmp_path / "watched.txt"
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "WATCHED": str(watched)}
    code = (
        "import socket\nfor h in ('127.0.0.1', '192.0.2.1'):\n  s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n  s.connect((h, 9))"
    )
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    assert watched.read_text().splitlines() == ["local socket.connect 127.0.0.1", "AWAY socket.connect 192.0.2.1"]
