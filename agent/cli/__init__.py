"""The ``kolony`` command. Answers go to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from . import approvals, campaign, data, doctor, extensions, info, mcp, models, privacy, train

app = typer.Typer(
    name="kolony",
    help="From a marketer's request, in English or Chinese, to a finished influencer campaign.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,  # rich help would double the time to the first line
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"kolony {version('kolony')}")
        raise typer.Exit


@app.callback()
def kolony(
    plugins_dir: Annotated[
        str, typer.Option("--plugins-dir", metavar="DIR", help="Load the single-file plugins in this folder as well.", show_default=False)
    ] = "",
    version_: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    extensions.use_folder(plugins_dir)


campaign.add_to(app)
approvals.add_to(app)
data.add_to(app)
info.add_to(app)
mcp.add_to(app)
models.add_to(app)
train.add_to(app)
doctor.add_to(app)
privacy.add_to(app)

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells count it (128 + SIGINT)."""


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    # Waiting OpenMP threads spin for long and take the cores from each other where a machine is busy; a short spin keeps the
    # speed of an idle one. The library reads this when it is loaded.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    try:
        extensions.add_to(app, sys.argv[1:])
    except Exception as e:
        _explain(e)
    code = 0
    try:
        ended = app(standalone_mode=False)  # typer gives the code of an Exit, and 130 for Ctrl-C, as the result
        code = ended if isinstance(ended, int) else 0
        if code == INTERRUPTED:
            raise KeyboardInterrupt
    except (KeyboardInterrupt, typer.Abort):
        _say("Stopped. What was finished is kept; `kolony runs list` shows it, `kolony resume last` goes on.")
        sys.stdout.flush()
        os._exit(INTERRUPTED)  # a tool's thread may still be at work; waiting for it would undo the stop
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader went away; say no more
    except Exception as e:
        code = _explain(e)
    sys.exit(code)


def _explain(e: Exception) -> int:
    """Say what went wrong; the exit code."""
    show = getattr(e, "show", None)
    if callable(show):  # click's own usage errors
        show(file=sys.stderr)
        return int(getattr(e, "exit_code", 2))
    message, hint = getattr(e, "message", None), getattr(e, "hint", None)
    if isinstance(message, str) and isinstance(hint, str):
        _say(message, hint)
        return int(getattr(e, "exit_code", 1))
    if isinstance(e, OSError):
        _say(f"{e.strerror or e}{f': {e.filename}' if e.filename else ''}.", "Check the path, its permissions and the free disk space.")
        return 1
    if os.environ.get("KOLONY_DEBUG"):
        raise e
    _say(f"Kolony met a fault of its own: {type(e).__name__}: {e}", "Set KOLONY_DEBUG=1 to see where, and report it.")
    return 1


def _say(message: str, hint: str = "") -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, soft_wrap=True)
    console.print(Text("Error: ", style="bold red") + Text(message) if hint or not message.startswith("Stopped") else Text(message))
    if hint:
        console.print(Text(hint, style="dim"))
