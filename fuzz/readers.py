"""Coverage-guided fuzzing of the export readers: whatever a file holds, they read it or say why not.

    python fuzz/readers.py -max_total_time=1200

Needs `atheris` (`pip install -e '.[fuzz]'`). Findings are written as ``crash-*`` files; run with such a file to see it again.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["vectorstore"]):
    from vectorstore.errors import UnreadableExport
    from vectorstore.readers import read_exports
    from vectorstore.rows import creator_row, post_row

SUFFIXES = ("csv", "tsv", "json", "jsonl", "txt", "csv.gz", "json.gz")
SAMPLE = Path(__file__).parent.parent / "examples" / "sample"
SEEDS = (
    b'[{"note_id": "1", "user_id": "u", "nickname": "n", "title": "t", "desc": "d", "liked_count": "1.2\xe4\xb8\x87", "time": 1711900800000}]',
    b'{"aweme_id": "7", "user_id": "u", "desc": "x", "liked_count": "3.4K", "create_time": 1711900800}\n{"aweme_id": "8"}\n',
    b'Rank,Account,Title,Followers,Audience Country\n1,a,b,1.2M,US\n2,c,"d\ne",-,\n',
    "达人,平台,粉丝数,图文报价\n阿拾,小红书,2.3万,900\n".encode(),
    "达人,平台,粉丝数\n阿拾,小红书,2.3万\n".encode("gb18030"),
    '{"data": {"items": [{"id": "1", "text": "hi", "likes": 3}]}}'.encode("utf-16"),
)


def corpus(folder: Path) -> None:
    """Small files of every kind, from which the fuzzer goes on."""
    sample = [b"".join(p.read_bytes().splitlines(keepends=True)[:4]) for p in sorted(SAMPLE.glob("*.csv")) + sorted(SAMPLE.glob("*.jsonl"))]
    for n, seed in enumerate((*SEEDS, *sample)):
        for kind in range(len(SUFFIXES)):
            (folder / f"{n}-{kind}").write_bytes(bytes([kind]) + seed)


def one_input(data: bytes) -> None:
    if not data:
        return
    path = FOLDER / f"export.{SUFFIXES[data[0] % len(SUFFIXES)]}"
    path.write_bytes(data[1:])
    try:
        report = read_exports(path)
    except UnreadableExport:
        return
    finally:
        path.unlink()
    for post in report.posts:
        assert post_row(post).id == post.id
    for creator in report.creators:
        assert creator_row(creator).id == creator.id


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work, tempfile.TemporaryDirectory() as seeds:
        FOLDER = Path(work)
        corpus(Path(seeds))
        arguments = sys.argv if any(not a.startswith("-") for a in sys.argv[1:]) else [*sys.argv, seeds]
        atheris.Setup(arguments, one_input)
        atheris.Fuzz()
