"""Reads a Transformer from a hub id, a folder or a GGUF file, onto the device and in the number format that serve best."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ..errors import ModelUnavailable
from . import offline, probe
from .adapters import RECORD, AdapterRecord
from .packed import Packed, unpackable


@dataclass
class Loaded:
    """A model ready to write, its tokenizer, and how it was loaded."""

    model: Any
    tokenizer: Any
    device: Literal["cpu", "cuda"]
    dtype: str
    """``float32``, ``bfloat16`` or ``int8`` (weights for decoding; prompts are read in floating point)."""


def read(path: str, device: str = "auto", dtype: str = "auto", adapter: str = "") -> Loaded:
    """Load it.

    Args:
        device: ``auto`` takes CUDA where there is one.
        adapter: folder of a LoRA adapter, which is merged into the weights.
        dtype: ``auto`` is bfloat16 on a GPU; on a CPU what a probe finds fastest (see :mod:`agent.models.probe`).

    Raises:
        ModelUnavailable: saying what is missing or broken and what to do.
    """
    place = _device(device, path)
    source = _source(path)
    format = dtype
    if dtype == "auto":
        format = "bfloat16" if place == "cuda" else "probe"
    if place == "cuda" and dtype == "int8":
        raise ModelUnavailable(f'The model {path} is set to `dtype = "int8"`, which is for CPUs.', hint='Set `dtype = "auto"`.')
    if format == "probe" and not _fits_as_float32(source):
        format = "bfloat16"
    try:
        with offline.quiet():
            model, tokenizer = _from_pretrained(source, torch.bfloat16 if format == "bfloat16" else torch.float32)
            if adapter:
                model = _merged(model, adapter, path)
            model = model.to(place).eval()
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        tokenizer.padding_side = "left"
        if format == "probe":
            model, format = probe.fastest(model, tokenizer)
        if format == "int8":
            if why := unpackable(model):
                raise ModelUnavailable(f"{path} cannot be decoded in int8: {why}.", hint='Set `dtype = "auto"`.')
            Packed(model).install(model)
    except ModelUnavailable:
        raise
    except (torch.OutOfMemoryError, MemoryError) as e:
        raise _too_large(path) from e
    except Exception as e:  # transformers raises OSError, ValueError, SafetensorError, KeyError, … for a bad folder
        if "not enough memory" in str(e) or "can't allocate memory" in str(e):  # how torch's CPU allocator says it
            raise _too_large(path) from e
        raise ModelUnavailable(f"The model {path} cannot be loaded ({_words(e)}).", hint=_way_out(e, source)) from e
    return Loaded(model, tokenizer, place, format)


def _from_pretrained(source: str, dtype: torch.dtype) -> tuple[Any, Any]:
    local_only = Path(source).is_dir() or os.environ.get("HF_HUB_OFFLINE", "") in ("1", "true", "yes")
    loader: Any = AutoModelForCausalLM
    tokenizer: Any = AutoTokenizer.from_pretrained(source, local_files_only=local_only)
    return loader.from_pretrained(source, dtype=dtype, local_files_only=local_only), tokenizer


def fingerprint(path: str) -> str:
    """Of the weights and the configuration at ``path``: another model has another one. Empty for a hub id, which names its weights."""
    folder, said = Path(_source(path)), hashlib.sha256()
    if not folder.is_dir():
        return ""
    for file in sorted([folder / "config.json", *folder.glob("*.safetensors")]):
        size = file.stat().st_size
        said.update(f"{file.name} {size}".encode())
        with file.open("rb") as f:  # the ends tell: a header with every tensor's name and place, and the last weights
            said.update(f.read(65536))
            f.seek(max(0, size - 65536))
            said.update(f.read())
    return said.hexdigest()[:16]


def _merged(model: Any, adapter: str, path: str) -> Any:
    record = Path(adapter) / RECORD
    if record.is_file():
        wanted = AdapterRecord.model_validate_json(record.read_text(encoding="utf-8"))
        if wanted.base_fingerprint != fingerprint(path):
            raise ModelUnavailable(
                f"The adapter {wanted.name} was trained on {wanted.base_path}; {path} holds other weights.",
                hint=f"Train it anew, or go back with: kolony train rollback {wanted.name}",
            )
    try:
        from peft import PeftModel
    except ImportError as e:
        raise ModelUnavailable(f"The adapter {adapter} needs the package peft.", hint="Install it: pip install 'kolony[train]'") from e
    return PeftModel.from_pretrained(model, adapter).merge_and_unload()


def _device(device: str, path: str) -> Literal["cpu", "cuda"]:
    has = torch.cuda.is_available()
    if device == "cuda" and not has:
        raise ModelUnavailable(f'The model {path} is set to `device = "cuda"`, and torch finds no GPU.', hint='Set `device = "auto"`.')
    return "cuda" if has and device != "cpu" else "cpu"


def _source(path: str) -> str:
    file = Path(path).expanduser()
    if file.suffix.lower() == ".gguf":
        return str(offline.converted(file))
    if file.is_dir():
        return str(file)
    if file.exists() or path.startswith((".", "/", "~")):
        raise ModelUnavailable(f"There is no model folder at {path}.", hint="Correct `path` in kolony.toml.")
    return path


def _fits_as_float32(source: str) -> bool:
    """Whether the weights, as float32, take at most half of the free memory; unknown sizes (a hub id) are taken to fit."""
    files = list(Path(source).glob("*.safetensors")) if Path(source).is_dir() else []
    size = sum(f.stat().st_size for f in files)
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return True
    return 2 * size <= free / 2  # most folders hold 16-bit weights


def _too_large(path: str) -> ModelUnavailable:
    return ModelUnavailable(f"{path} does not fit into memory.", hint='Use a smaller model, or `dtype = "bfloat16"`.')


def _words(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def _way_out(error: Exception, source: str) -> str:
    said = str(error)
    if "does not recognize this architecture" in said or "Unrecognized model" in said or "Unrecognized configuration" in said:
        return "transformers does not know this architecture: renew it (`pip install -U transformers`), or name another model."
    if "trust_remote_code" in said:
        return "The folder brings code of its own, which Kolony does not run: name a model that transformers itself knows."
    if isinstance(error, ImportError):
        return "Install what it names, then try again."
    if Path(source).is_dir():
        return "Check the folder: it needs config.json, the tokenizer's files and the weights (*.safetensors)."
    return "Without network, name a folder or a GGUF file that is on this machine."
