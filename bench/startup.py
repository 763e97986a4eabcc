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


def run() -> list[str]:
    """Markdown lines."""
    rows = ["| command | median | worst of 7 | bound |", "|---|---|---|---|"]
    for name, arguments, bound in (("kolony --help", ["--help"], 0.3), ("kolony plan (no model)", ["plan", REQUEST, "--json"], 1.5)):
        times = seconds(*arguments)
        rows.append(f"| `{name}` | {statistics.median(times):.2f} s | {max(times):.2f} s | {bound} s |")
    return rows


if __name__ == "__main__":
    print("\n".join(run()))
