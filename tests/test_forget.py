"""`kolony forget`: after a campaign, no byte of a creator is left under the home; reports stay readable; a kill is mended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_world import CountingEmbedder
from test_forget_store import traces

from agent import Kolony, KolonyError
from agent.forget.traces import MARK, Traces
from agent.models.responses import Responses
from agent.models.spec import Answer
from agent.report import read_report
from agent.settings import Settings
from vectorstore import Creator, Post, open_store

WHO = "instagram:qzx_9081726"
WORDS = (
    "qzx_9081726",
    "qzxhandle",
    "Quorvella Zanthrik",
    "匡薇拉赞特里克",
    "zorbulating the sugarfree marmalade",
    "在凌晨四点煮了一锅紫色的汽水",
    "qzpost_5551",
)
REQUEST = "Find 3 Instagram creators for sugar-free soda, $3,000, and forecast it"


def world() -> tuple[list[Post], list[Creator]]:
    names = {WHO: ("qzxhandle", "Quorvella Zanthrik 匡薇拉赞特里克")}
    creators = [
        Creator(id=i, platform="instagram", handle=names.get(i, (f"h{n}", ""))[0], name=names.get(i, ("", f"Maker {n}"))[1], followers=9000 + n,
                bio="sugar-free soda fan, zorbulating the sugarfree marmalade" if i == WHO else "soda and snacks", language="en")
        for n, i in enumerate([WHO, *(f"instagram:c{n}" for n in range(5))])
    ]  # fmt: skip
    own = "Sugar-free soda day: zorbulating the sugarfree marmalade again. 在凌晨四点煮了一锅紫色的汽水 number "
    posts = [
        Post(id=f"instagram:{'qzpost_5551' if c.id == WHO else c.id[10:]}{n}", platform="instagram", creator_id=c.id, likes=100 * n, language="en",
             text=f"{own}{n}" if c.id == WHO else f"Trying sugar-free soda number {n}, quite nice", url=f"https://example.com/p/{c.handle}/{n}")
        for c in creators for n in range(4)
    ]  # fmt: skip
    return posts, creators


class Small(Kolony):
    def open_store(self, *, create: bool):  # type: ignore[no-untyped-def]
        return open_store(self.settings.home / "store", create=create, embedder=CountingEmbedder())


def prepared(home: Path) -> None:
    posts, creators = world()
    with Small(Settings(home=home)) as k:
        k.store.upsert(posts, creators)
        campaign = k.run(REQUEST)
        assert WHO in campaign.model_dump_json()
        folder = k.runs.find(campaign.run_id).path
    (folder / "outreach.eml").write_text("To: qzxhandle\n\nDear Quorvella Zanthrik\n", encoding="utf-8")
    (folder / "note.txt").write_text("We like qzxhandle, and Maker 2.\n", encoding="utf-8")
    (folder / "export.bin").write_bytes(b"\0\1" + WHO.encode("utf-16-le"))
    for n, text in enumerate(("Post: zorbulating the sugarfree marmalade again", "about somebody else")):
        Responses(home / "responses.sqlite3").put(f"k{n}", Answer(text), [{"role": "user", "content": text}])


def forget(home: Path) -> dict[str, object]:
    from agent.forget import find
    from agent.forget import forget as erase

    with Small(Settings(home=home)) as k:
        found = find(k, "instagram:@qzxhandle" if k.store.creator(WHO) else WHO)
        return vars(erase(k, found))


def test_after_a_campaign_nothing_is_left_and_the_report_says_so(tmp_path: Path) -> None:
    prepared(tmp_path)
    assert len(traces(tmp_path, WORDS)) > 10
    done = forget(tmp_path)
    assert (done["posts"], done["profile"], done["runs"], done["answers"]) == (4, True, 1, 1)
    assert traces(tmp_path, WORDS) == []
    (folder,) = (tmp_path / "runs").glob("2*")
    assert "erased from this report at their request" in (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "note.txt").read_text() == f"We like {MARK}, and Maker 2.\n"
    assert not (folder / "outreach.eml").exists()
    campaign = read_report(folder / "report.json")
    assert "instagram:erased-" in campaign.model_dump_json()
    assert len(campaign.artifacts) > 1
    assert Responses(tmp_path / "responses.sqlite3").stats().rows == 1
    with Small(Settings(home=tmp_path)) as k:  # the run and the store go on working, and an old export brings nothing back
        again = k.resume(campaign.run_id)
        assert again.status == "done"
        posts, creators = world()
        assert k.store.upsert(posts, creators).forgotten == 5
    text = "".join(p.read_text(encoding="utf-8") for p in folder.glob("report.*"))
    assert not [w for w in WORDS if w in text]


def test_a_report_that_cannot_be_written_anew_is_removed_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(tmp_path)
    (folder,) = (tmp_path / "runs").glob("2*")

    def of_a_plugin_that_is_gone(*_: object) -> object:
        raise KolonyError("No loaded plugin knows the artifact type 'Gone'.")

    monkeypatch.setattr("agent.report.read_report", of_a_plugin_that_is_gone)
    assert forget(tmp_path)["lost_reports"] == (folder.name,)
    assert not (folder / "report.html").exists()
    assert (folder / "report.json").exists()
    assert traces(tmp_path, WORDS) == []


@pytest.mark.parametrize("phase", ["agent.forget.files.clean_run", "agent.forget.files.clean_checkpoints", "vectorstore.store.Store.erase"])
def test_killed_between_phases_a_second_call_completes(tmp_path: Path, phase: str) -> None:
    prepared(tmp_path)
    owner, name = phase.rsplit(".", 1)
    code = f"""if True:
        import os, pkgutil, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        import test_forget
        owner = pkgutil.resolve_name({owner!r})
        real = getattr(owner, {name!r})
        def killed(*a, **k):
            real(*a, **k)
            os.kill(os.getpid(), 9)
        setattr(owner, {name!r}, killed)
        test_forget.forget(Path({str(tmp_path)!r}))
    """
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, env={**os.environ}).returncode == -9
    with open_store(tmp_path / "store", embedder=CountingEmbedder()) as store:
        assert store.forgotten.unfinished()
    forget(tmp_path)
    assert traces(tmp_path, WORDS) == []
    with open_store(tmp_path / "store", embedder=CountingEmbedder()) as store:
        assert not store.forgotten.unfinished()


# --- traces


def mine(*posts: str) -> Traces:
    creator = Creator(id=WHO, platform="instagram", handle="lin", name="小林的甜品日记")
    return Traces(
        WHO, "erased-1", creator, [Post(id=f"instagram:p{n:06}", platform="instagram", creator_id=WHO, text=t) for n, t in enumerate(posts)]
    )


def test_names_are_found_as_words_and_others_are_left_alone() -> None:
    t = mine("周末去了新开的糖水铺，双皮奶特别嫩滑，还会再去")
    assert t.clean("Lin and Linda; @lin 和小林的甜品日记。") == f"{MARK} and Linda; @{MARK} 和{MARK}。"
    assert t.clean("她说：周末去了新开的糖水铺，双皮奶…") == f"她说：{MARK}…"
    assert t.clean("周末去了别的店，也很好") == "周末去了别的店，也很好"
    assert t.value({"evidence": [WHO, "instagram:p000000", "instagram:x"]})["evidence"] == [
        "instagram:erased-1",
        "instagram:erased-1-1",
        "instagram:x",
    ]


@given(st.text(min_size=30, max_size=80), st.text(max_size=30), st.text(max_size=30))
def test_a_text_of_theirs_is_found_in_any_surrounding(own: str, before: str, after: str) -> None:
    t = mine(own)
    stripped = own.strip()
    if len(stripped) >= 30 and stripped.lower() != before.lower():
        assert stripped not in t.clean(f"{before}\n{stripped}\n{after}")
        assert not t.within("An apple a day")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=8), lambda v: st.lists(v) | st.dictionaries(st.text(max_size=6), v), max_leaves=8
    )
)
def test_data_without_traces_stays_as_it_is(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    t = mine()
    if "lin" not in text.lower() and "小林" not in text:
        assert t.value(value) == value
