"""What every test runs under: no network, its own home, a fixed clock.

The three are set while this file is imported, so that they also hold for module-level code and session fixtures.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.testing.blocking import block_network

if TYPE_CHECKING:
    from agent import Context
    from vectorstore import Store

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

os.environ.update(
    KOLONY_NOW=NOW.isoformat(),
    GOMP_SPINCOUNT="10000",  # as the command line sets it
    HF_HUB_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    TRANSFORMERS_OFFLINE="1",
    ANONYMIZED_TELEMETRY="False",
    LANGSMITH_TRACING="false",
    TOKENIZERS_PARALLELISM="false",
)
for _variable in ("KOLONY_HOME", "KOLONY_POLICY", "KOLONY_MAX_USD", "KOLONY_OFFLINE_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
    os.environ.pop(_variable, None)


block_network()


@pytest.fixture(scope="session", autouse=True)
def _session_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A home for fixtures that live longer than one test."""
    os.environ["KOLONY_HOME"] = str(tmp_path_factory.mktemp("session-home"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own ``$KOLONY_HOME``: nothing is read from or left in the working folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("KOLONY_HOME", str(folder))
    return folder


@pytest.fixture
def now() -> datetime:
    """The clock of every test (``$KOLONY_NOW``)."""
    return NOW


@pytest.fixture(scope="session")
def sample_dir() -> Path:
    """The shipped sample: ``posts.jsonl`` and ``creators.csv``."""
    return ROOT / "examples" / "sample"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Where the real exports lie (``$KOLONY_DATA`` or ``../shared/data``). Tests of them are skipped, visibly, without it."""
    folder = Path(os.environ.get("KOLONY_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not a folder (set KOLONY_DATA)")
    return folder


@pytest.fixture(scope="session")
def world() -> Store:
    """The small made-up world of ``plugin_world``: for reading; a test that writes makes its own."""
    from plugin_world import shared_small_world

    return shared_small_world()[0]


@pytest.fixture
def ctx(world: Store, tmp_path: Path) -> Context:
    """A step's context over ``world``, with no model and no options."""
    from plugin_world import make_context

    return make_context(world, tmp_path)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    """A store that holds nothing."""
    from vectorstore import open_store

    store = open_store(tmp_path / "empty")
    yield store
    store.close()
