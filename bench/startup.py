"""How long a command takes to answer, in a fresh process."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REQUEST = "find 8 micro creators on Xiaohongshu for our sugar-free soda, ¥200k, women 18–25, write the posts, tell me what it will bring"


def seconds(*arguments: str, repeat: int = 7) -> list[float]:
    kolony = Path(sys.executable).with_name("kolony")
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "KOLONY_HOME": home}
        times = []
        for _ in range(repeat + 1):
            began = time.perf_counter()
            subprocess.run([str(kolony), *arguments], env=environment, cwd=home, check=True, capture_output=True)
            times.append(time.perf_counter() - began)
    return times[1:]  # the first one compiles bytecode


PLUGIN = """from agent import Artifact, Brief, Context, hookimpl, tool
class Made{i}(Artifact):
    text: str = ""
@tool(effect="read", privacy="any", asks=["made number {i}"])
def make_{i}(ctx: Context, brief: Brief, limit: int = 3) -> Made{i}:
    'Make number {i}.'
    return Made{i}()
@hookimpl
def register_tools():
    return [make_{i}]
"""
LOAD = "import time; from agent.host import Host; t = time.perf_counter(); h = Host(); print(time.perf_counter() - t, len(h.tools))"


def plugins_cost(count: int = 30, repeat: int = 7) -> tuple[float, float]:
    """Median seconds that loading all plugins takes in a fresh process, without and with ``count`` more distributions of one tool each."""
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as site:
        for i in range(count):
            Path(site, f"bench_plugin_{i}.py").write_text(PLUGIN.format(i=i), encoding="utf-8")
            info = Path(site, f"bench_plugin_{i}-1.0.dist-info")
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: bench-plugin-{i}\nVersion: 1.0\n", encoding="utf-8")
            (info / "entry_points.txt").write_text(f"[kolony]\nbench_plugin_{i} = bench_plugin_{i}\n", encoding="utf-8")

        def once(path: str) -> tuple[float, int]:
            environment = {**os.environ, "PYTHONPATH": path, "KOLONY_CACHE": home}
            command = [sys.executable, "-c", LOAD]
            done = subprocess.run(command, env=environment, cwd=home, check=True, capture_output=True, text=True)
            took, tools = done.stdout.split()
            return float(took), int(tools)

        rounds = [(once(""), once(site)) for _ in range(repeat + 1)][1:]  # the first one compiles bytecode
        if any(more[1] - less[1] != count for less, more in rounds):
            raise RuntimeError(f"not all of the {count} plugins were loaded")
        return statistics.median(less[0] for less, _ in rounds), statistics.median(more[0] for _, more in rounds)


def run() -> list[str]:
    """Markdown lines."""
    rows = ["| command | median | worst of 7 | bound |", "|---|---|---|---|"]
    for name, arguments, bound in (("kolony --help", ["--help"], 0.3), ("kolony plan (no model)", ["plan", REQUEST, "--json"], 1.5)):
        times = seconds(*arguments)
        rows.append(f"| `{name}` | {statistics.median(times):.2f} s | {max(times):.2f} s | {bound} s |")
    without, with_more = plugins_cost()
    rows += ["", "| loading plugins, fresh process | median of 7 | |", "|---|---|---|", f"| Kolony's own | {without * 1000:.0f} ms | |"]
    rows.append(f"| and 30 more, one tool each | {with_more * 1000:.0f} ms | +{(with_more - without) * 1000:.0f} ms (bound 50 ms) |")
    return rows


if __name__ == "__main__":
    print("\n".join(run()))
