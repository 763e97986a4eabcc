"""Writes rows that come on standard input into a new database: ``python -m vectorstore.erase_copy FOLDER``.

A process of its own, because Chroma writes its vector index from memory that it does not clear: in a process that has read a text, that
text may get into the file. Each line is JSON: a collection, or rows of the last one (vectors: float32, little-endian, base64).
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import numpy as np


def main(folder: Path) -> None:
    from .database import connect

    client = connect(folder.parent, folder.name)
    target = None
    for line in sys.stdin:
        row = json.loads(line)
        if "name" in row:
            target = client.create_collection(
                row["name"], configuration=row["configuration"], metadata=row["metadata"], embedding_function=None
            )
        elif target is not None:
            vectors = np.frombuffer(base64.b64decode(row["vectors"]), "<f4").reshape(len(row["ids"]), -1)
            target.upsert(ids=row["ids"], embeddings=vectors, metadatas=row["metadatas"], documents=row["documents"])
    client.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
