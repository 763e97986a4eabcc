"""Fixtures for the tests of plugins, and the block of the network and of real models.

Put ``pytest_plugins = ["agent.testing.fixtures"]`` into the ``conftest.py`` at the root of the tests. It is no entry point of
pytest on purpose: whoever has Kolony installed for something else keeps their suite as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import blocking
from .scripted import ScriptedModel

if TYPE_CHECKING:
    from vectorstore import Store


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "real_models(*names): this test may ask real models (all, or those named) and reach the network")


@pytest.fixture(autouse=True)
def _kolony_apart(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A home of its own for each test; no real model and no network, unless the test is marked ``real_models``."""
    monkeypatch.setenv("KOLONY_HOME", str(tmp_path / "kolony-home"))
    marker = request.node.get_closest_marker("real_models")
    if marker is not None and not marker.args:
        yield
        return
    names = marker.args if marker else ()
    if not names:
        blocking.block_network()
    blocking.attempts.clear()
    try:
        with blocking.no_real_models(names) as blocked:
            yield
    finally:
        if not names:
            blocking.allow_network()
    said = [*blocked, *blocking.attempts]
    if said:
        pytest.fail(f"{said[0]} Use a ScriptedModel or a server on 127.0.0.1, or mark the test with @pytest.mark.real_models.")


@pytest.fixture
def scripted() -> Iterator[ScriptedModel]:
    """A model to fill with answers. The test fails when it is asked more often than it has answers, or less often."""
    model = ScriptedModel()
    yield model
    model.finish()


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The sample posts and creators in a real store, for reading; a test that writes opens its own with ``sample_store(folder)``."""
    from .world import sample_store as opened

    with opened(tmp_path_factory.mktemp("kolony-sample")) as store:
        yield store
