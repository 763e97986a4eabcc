"""Erasure from the store: no byte of a creator is left, the others are whole, and a kill at any phase is mended by asking again."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from store_world import CountingEmbedder, creator, post

from vectorstore import Filter, StoreError, open_store
from vectorstore.erase import HALF, WHOLE

WHO = "xiaohongshu:u1"
SECRETS = ("qzxvwkrill", "豌豆射手日记本", "xiaohongshu:u1", "xiaohongshu:701")


def traces(folder: Path, words: tuple[str, ...] = SECRETS) -> list[str]:
    """Files that hold one of the words, in UTF-8, UTF-16 or as JSON escapes; case does not count."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes().lower()
        for word in words:
            escaped = word.encode("ascii", "backslashreplace").decode()
            forms = [word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"), escaped.encode()]
            if any(f.lower() in data for f in forms):
                found.append(f"{path.relative_to(folder)}: {word}")
    return found


def fill(home: Path) -> None:
    with open_store(home / "store", embedder=CountingEmbedder()) as store:
        planted = [
            post(700 + i, f"qzxvwkrill number {i} 豌豆射手日记本 went to the market " * 40, creator_id=WHO, id=f"xiaohongshu:70{i}")
            for i in range(9)
        ]
        others = [post(i, f"post number {i} about tea", creator_id=f"xiaohongshu:u{2 + i % 2}") for i in range(60)]
        store.upsert([*planted, *others], [creator(1, name="qzxvwkrill", bio="豌豆射手日记本"), creator(2), creator(3)])
        # What was replaced stays in Chroma's log and pages as well.
        store.upsert([post(700, "豌豆射手日记本 qzxvwkrill again", creator_id=WHO, id="xiaohongshu:700")])


def erase(home: Path) -> None:
    with open_store(home / "store", embedder=CountingEmbedder()) as store:
        ids = [p.id for p in store.posts(where=Filter(creators=(WHO,)))]
        store.erase(ids, [WHO])


def test_nothing_is_left_and_the_rest_is_whole(tmp_path: Path) -> None:
    fill(tmp_path)
    assert traces(tmp_path)
    with open_store(tmp_path / "store", embedder=CountingEmbedder()) as store:
        kept = store.posts(where=Filter(creators=("xiaohongshu:u2", "xiaohongshu:u3")))
        vectors = store.vectors([p.id for p in kept])
    erase(tmp_path)
    assert traces(tmp_path) == []
    with open_store(tmp_path / "store", embedder=CountingEmbedder()) as store:
        assert store.posts() == kept
        assert {c.id for c in store.creators()} == {"xiaohongshu:u2", "xiaohongshu:u3"}
        after = store.vectors([p.id for p in kept])
        assert all(np.allclose(vectors[i], after[i], atol=1e-6) for i in vectors)
        assert store.search_posts("post about tea", limit=5)
        assert store.search_posts("qzxvwkrill", limit=3) == [] or all("tea" in h.post.text for h in store.search_posts("qzxvwkrill"))
        assert store.upsert(kept).unchanged == len(kept)


def test_the_cached_vectors_of_the_erased_go_and_of_the_others_stay(tmp_path: Path) -> None:
    fill(tmp_path)
    erase(tmp_path)
    embedder = CountingEmbedder()
    with open_store(tmp_path / "other" / "store", embedder=embedder, cache=tmp_path / "cache") as store:
        store.upsert([post(i, f"post number {i} about tea") for i in range(60)])
        assert embedder.embedded == []
        store.upsert([post(701, "qzxvwkrill number 1 豌豆射手日记本 went to the market " * 40, id="xiaohongshu:701")])
        assert len(embedder.embedded) == 1


PHASES = [
    ("VectorCache.erase", "after"),
    ("LexicalIndex.scrub", "before"),
    ("copy_without", "after"),
    ("rename", "after"),
    ("rmtree", "after"),
]


@pytest.mark.parametrize(("phase", "when"), PHASES)
def test_killed_at_any_phase_a_second_call_completes(tmp_path: Path, phase: str, when: str) -> None:
    fill(tmp_path)
    code = f"""
        import os, sys, shutil
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        import vectorstore.erase as e
        from vectorstore.cache import VectorCache
        from vectorstore.lexical import LexicalIndex
        import test_forget_store as t
        names = {{"rename": (os, "rename"), "rmtree": (shutil, "rmtree"), "settle": (e, "settle"), "copy_without": (e, "copy_without")}}
        owner, name = names.get({phase!r}) or (globals()[{phase!r}.split(".")[0]], {phase!r}.split(".")[1])
        real = getattr(owner, name)
        def killed(*a, **k):
            if {when!r} == "after":
                real(*a, **k)
            os.kill(os.getpid(), 9)
        from vectorstore import open_store, Filter
        store = open_store(Path({str(tmp_path)!r}) / "store", embedder=t.CountingEmbedder())
        ids = [p.id for p in store.posts(where=Filter(creators=(t.WHO,)))]
        setattr(owner, name, killed)
        store.erase(ids, [t.WHO])
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    erase(tmp_path)
    assert traces(tmp_path) == []
    assert not (tmp_path / "store" / HALF).exists()
    assert not (tmp_path / "store" / WHOLE).exists()
    with open_store(tmp_path / "store", embedder=CountingEmbedder()) as store:
        assert (store.counts().posts, store.counts().creators) == (60, 2)


def test_who_was_forgotten_does_not_come_back_with_an_old_export(tmp_path: Path) -> None:
    fill(tmp_path)
    erase(tmp_path)
    with open_store(tmp_path / "store", embedder=CountingEmbedder()) as store:
        store.forgotten.add([WHO, "xiaohongshu:qzxvwkrill"], done=True)
        report = store.upsert([post(701, creator_id=WHO), post(5, "new")], [creator(1), creator(9, handle="QZXVWKRILL"), creator(2)])
        assert report.forgotten == 3
        assert store.creator(WHO) is None
    assert os.stat(tmp_path / "forgotten.json").st_mode & 0o777 == 0o600
    with open_store(tmp_path / "store", embedder=CountingEmbedder()) as store:
        assert store.upsert([], [creator(1)]).forgotten == 1
        assert store.forgotten.allow([WHO]) == 1
        assert store.upsert([], [creator(1)]).added == 1


def test_a_list_of_the_forgotten_that_cannot_be_read_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "forgotten.json").write_text("{")
    with pytest.raises(StoreError, match="asked to be forgotten"):
        open_store(tmp_path / "store", embedder=CountingEmbedder())
