"""Several processes on one project: a Chroma server between them, and each sees at once what another wrote."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_world import CountingEmbedder, post

from agent.errors import SettingsError
from agent.settings import load
from vectorstore import StoreError, StoreLocked, open_store
from vectorstore.database import answers

HERE = Path(__file__).parent


def start(database: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    command = [sys.executable, "-c", "from chromadb.cli.cli import app; app()", "run", "--path", str(database), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    for _ in range(300):
        if answers(url, 1.0):
            return process, url
        if process.poll() is not None:
            break
        time.sleep(0.1)
    process.kill()
    raise AssertionError("The server does not start.")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    process, url = start(tmp_path / "store" / "chroma")
    yield url
    process.terminate()
    process.wait(20)


def opened(home: Path, server: str | None) -> Any:
    return open_store(home / "store", embedder=CountingEmbedder(), server=server)


def test_what_one_process_writes_another_finds_by_words_and_by_meaning(tmp_path: Path, server: str) -> None:
    with opened(tmp_path, server) as one, opened(tmp_path, server) as two:
        assert two.search_posts("qwzx") == []
        one.upsert([post(1, "qwzx tea"), post(2, "plain water")])
        (first, *_) = two.search_posts("qwzx tea")
        assert (first.post.id, first.dense_rank, first.lexical_rank) == ("xiaohongshu:1", 1, 1)
        two.upsert([post(1, "now about coffee")])
        assert one.post("xiaohongshu:1").text == "now about coffee"
        assert [h.post.id for h in one.by_words().search_posts("qwzx")] == []
        assert one.counts() == two.counts()


def test_a_notebook_and_the_command_line_work_side_by_side(tmp_path: Path, server: str) -> None:
    pytest.importorskip("ipykernel")
    from jupyter_client.manager import start_new_kernel

    environment = {**os.environ, "KOLONY_HOME": str(tmp_path), "KOLONY_CHROMA": server, "PYTHONPATH": str(HERE.parent)}

    def kolony(*words: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", "from agent.cli import main; main()", *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in words else done.stdout

    def export(name: str, *texts: str) -> str:
        rows = [
            {"id": f"{name}{n}", "platform": "instagram", "author": "ana", "text": t, "url": f"https://www.instagram.com/p/{name}{n}/"}
            for n, t in enumerate(texts)
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
        return str(tmp_path / f"{name}.jsonl")

    manager, client = start_new_kernel(env=environment, cwd=str(tmp_path))
    try:

        def notebook(code: str) -> str:
            said: list[str] = []

            def hear(message: dict[str, Any]) -> None:
                content = message["content"]
                if message["msg_type"] == "stream" and content["name"] == "stdout":
                    said.append(content["text"])

            reply = client.execute_interactive(code, output_hook=hear, timeout=120)
            assert reply["content"]["status"] == "ok", reply["content"]
            return "".join(said).strip()

        notebook("from agent import Kolony, Post\nk = Kolony()\nprint(k.store.counts().posts)")
        kolony("ingest", export("first", "zyxq yuzu soda on a hot day", "a plain lunch"))
        assert notebook("h = k.store.search_posts('zyxq')[0]; print(h.post.text, h.lexical_rank)") == "zyxq yuzu soda on a hot day 1"
        notebook(
            "k.store.upsert([Post(id='instagram:n1', platform='instagram', creator_id='instagram:ben', text='wvut from the notebook')])"
        )
        found = kolony("posts", "search", "wvut", "--json")
        assert "wvut from the notebook" in json.dumps(found)
        # Both write at once: none of either is lost.
        client.execute(
            "k.store.upsert([Post(id=f'instagram:m{i}', platform='instagram', creator_id='instagram:ben', text=f'many {i}') for i in range(60)])"
        )
        kolony("ingest", export("second", *(f"more {i}" for i in range(60))))
        assert notebook("print(k.store.counts().posts, k.store._tables.collections['post'].count())") == "123 123"
        assert kolony("runs", "list", "--json") == []
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_nobody_opens_the_files_that_a_server_holds(tmp_path: Path, server: str) -> None:
    with opened(tmp_path, server) as store:
        store.upsert([post(1)])
        with pytest.raises(StoreLocked, match=r"KOLONY_CHROMA=http://localhost:\d+"):
            opened(tmp_path, None)
        with pytest.raises(StoreError, match="Stop the server"):
            store.erase(["xiaohongshu:1"])
        assert store.post("xiaohongshu:1") is not None


def test_a_store_goes_from_one_process_to_a_server_and_back(tmp_path: Path) -> None:
    with opened(tmp_path, None) as store:
        store.upsert([post(1, "alone")])
        with pytest.raises(StoreLocked, match="share a server"):
            opened(tmp_path, "http://localhost:9")
    process, url = start(tmp_path / "store" / "chroma")
    with opened(tmp_path, url) as store:
        assert store.search_posts("alone")[0].lexical_rank == 1
        store.upsert([post(2, "served")])
        process.terminate()
        process.wait(20)
        with pytest.raises(StoreError, match="No Chroma server answers"):
            store.post("xiaohongshu:2")
    with pytest.raises(StoreError, match="No Chroma server answers"):
        opened(tmp_path, url)
    with opened(tmp_path, None) as store:
        assert store.search_posts("served")[0].post.id == "xiaohongshu:2"
        store.erase(["xiaohongshu:2"])
        assert store.counts().posts == 1


def test_the_index_is_made_anew_from_another_database_of_the_same_size(tmp_path: Path, server: str) -> None:
    with opened(tmp_path, server) as store:
        store.upsert([post(1, "served")])
    with opened(tmp_path / "other", None) as store:
        store.upsert([post(2, "alone")])
    index = tmp_path / "other" / "store" / "index.sqlite3"
    index.replace(tmp_path / "store" / "index.sqlite3")
    with opened(tmp_path, server) as store:
        assert [h.post.id for h in store.by_words().search_posts("served alone")] == ["xiaohongshu:1"]


def test_a_writer_that_was_killed_is_mended_by_the_next(tmp_path: Path, server: str) -> None:
    with opened(tmp_path, server) as one, opened(tmp_path, server) as two:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(one._tables.index, "put", lambda rows: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                one.upsert([post(1, "cut short")])
        two.upsert([post(2, "after it")])
        assert [h.post.id for h in two.by_words().search_posts("cut short")] == ["xiaohongshu:1"]
        assert one.counts().posts == 2


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://localhost", "http://me:pw@localhost:8000", "http://localhost:8000/api?x=1"])
def test_an_address_that_is_no_servers(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLONY_CHROMA", url)
    with pytest.raises(SettingsError, match="chroma"):
        load(tmp_path)
