"""Run the measurements, print their tables, and write them down in ``bench/RESULTS.md``.

python -m bench              # all but those that take an hour
python -m bench --only run   # one, by its module's name; RESULTS.md stays as it is, but for its section with --write
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import platform
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
Bench = Callable[[], list[str]]


def benches(folder: Path = HERE, package: str = "bench", *, slow: bool = False) -> Iterator[tuple[str, Bench | Exception]]:
    """Name and ``run`` of every module in the folder that has one; the exception of a module that cannot be imported.

    A module with ``SLOW = True`` runs only when it is named, so it comes only with ``slow``.
    """
    for info in sorted(pkgutil.iter_modules([str(folder)]), key=lambda m: m.name):
        if info.name.startswith("_"):
            continue
        try:
            module = importlib.import_module(f"{package}.{info.name}")
        except Exception as e:
            yield info.name, e
        else:
            run = getattr(module, "run", None)
            if callable(run) and (slow or not getattr(module, "SLOW", False)):
                yield info.name, run


def section(name: str, bench: Bench | Exception) -> tuple[list[str], bool]:
    """Markdown lines of one measurement, and whether it went through."""
    start = time.perf_counter()
    try:
        if isinstance(bench, Exception):
            raise bench
        lines = bench()
    except Exception as e:
        traceback.print_exc()
        return [f"## {name}", "", f"**Failed**: {type(e).__name__}: {e}", ""], False
    return [
        f"## {name}",
        "",
        *lines,
        "",
        f"_{time.perf_counter() - start:.1f} s, {datetime.now(UTC):%Y-%m-%d}, commit {commit()}_",
        "",
    ], True


def replaced(results: str, name: str, section: str) -> str:
    """``results`` with one section in place of the one of that name, or in its place by the alphabet."""
    head, *sections = re.split(r"(?m)^(?=## )", results)
    kept = {s.splitlines()[0][3:].strip(): s.rstrip() for s in sections}
    kept[name] = section.rstrip()
    return "\n\n".join([head.rstrip(), *(kept[k] for k in sorted(kept))]) + "\n"


def machine() -> str:
    """The kind of machine: CPU, cores and memory."""
    cpu = platform.machine()
    try:
        names = [line.split(":", 1)[1] for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        cpu = " ".join(names[0].split()) if names else cpu
        memory = f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB of memory"
    except (OSError, ValueError):
        memory = ""
    return f"{cpu}, {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores{memory}"


def commit() -> str:
    """The commit that was measured; ``+`` when the working tree differs from it."""
    try:
        git = ["git", "-C", str(HERE)]
        head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        # The results themselves are no change to what was measured.
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no", "--", ":/", ":(exclude,top)bench/RESULTS.md"],
            capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed else "")


def main(arguments: list[str] | None = None) -> int:
    """Run, print, write down. 1 when a measurement failed, 2 when there is none of the name."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Run the measurements and write bench/RESULTS.md.")
    parser.add_argument("--only", metavar="NAME", help="run this one and leave RESULTS.md as it is")
    parser.add_argument("--write", action="store_true", help="with --only: put its section into RESULTS.md, in place of the one there")
    options = parser.parse_args(arguments)
    only = options.only
    # Libraries that would call home are told not to; what is measured works offline.
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", ANONYMIZED_TELEMETRY="False", LANGSMITH_TRACING="false")
    found = [(name, bench) for name, bench in benches(slow=only is not None) if only in (None, name)]
    if not found:
        names = ", ".join(name for name, _ in benches(slow=True)) or "none"
        print(f"There is no measurement {only!r}. There are: {names}.", file=sys.stderr)
        return 2
    lines = ["# Results", "", f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, Python {platform.python_version()}, commit {commit()}.", ""]
    lines += ["Written by `make bench`. Times are wall-clock times on this kind of machine.", ""]
    print("\n".join(lines))
    failed = []
    for name, bench in found:
        text, ok = section(name, bench)
        print("\n".join(text), flush=True)
        lines += text
        if not ok:
            failed.append(name)
    if only is None or options.write:
        results = HERE / "RESULTS.md"
        text = "\n".join(lines).rstrip() + "\n"
        if only is not None and results.is_file():
            text = replaced(results.read_text(encoding="utf-8"), only, "\n".join(lines[lines.index(f"## {only}") :]))
        results.write_text(text, encoding="utf-8")
        print(f"Written to {results}")
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
