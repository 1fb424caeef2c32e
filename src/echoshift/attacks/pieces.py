"""Answers of an unfinished job, kept on disk so that a killed job goes on where it was.

They lie beside the result in a hidden folder that is no declared output: Snakemake deletes those before a retry. Each
piece is one batch of settings with its scores. The results do not depend on which pieces were found.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from echoshift.jobs.asking import Ask
from echoshift.records.provenance import joint_digest
from echoshift.storage.files import sha256_of_bytes, written_whole


def pieces_folder(result: str | Path) -> Path:
    """Folder of the pieces of a result folder."""
    result = Path(result)
    return result.with_name(f".{result.name}.pieces")


def kept(ask: Ask, result: str | Path, about: Mapping[str, str]) -> Ask:
    """Keep the answers of a function from settings to scores.

    Parameters
    ----------
    ask : callable
    result : path
        Result folder of the job.
    about : mapping
        Digests and texts of everything that the scores depend on. Pieces made with others are removed.

    Returns
    -------
    callable
        Asks only batches without an undamaged piece.
    """
    above = pieces_folder(result)
    folder = above / joint_digest(about)[:16]
    for other in above.glob("*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)

    def ask_or_read(settings: Sequence[Mapping[str, float]]) -> np.ndarray:
        path = folder / f"{_digest(settings)[:16]}.scores"
        scores = read_piece(path, len(settings))
        if scores is None:
            scores = np.asarray(ask(settings), dtype=np.float64)
            write_piece(path, scores)
        return scores

    return ask_or_read


def remove_pieces(result: str | Path) -> None:
    """Remove the pieces of a result folder, if there are any."""
    shutil.rmtree(pieces_folder(result), ignore_errors=True)


def write_piece(path: Path, scores: np.ndarray) -> None:
    """Write float64 scores (query, class) atomically, after their digest."""
    content = scores.tobytes()
    with written_whole(path) as draft:
        draft.write_bytes(bytes.fromhex(sha256_of_bytes(content)) + content)


def read_piece(path: Path, n_queries: int) -> np.ndarray | None:
    """Read the scores of a piece; None if it is missing or damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, scores = content[:32], content[32:]
    if sha256_of_bytes(scores) != digest.hex() or not scores:
        return None
    return np.frombuffer(scores).reshape(n_queries, -1)


def _digest(settings: Sequence[Mapping[str, float]]) -> str:
    return joint_digest({str(i): sorted(one.items()) for i, one in enumerate(settings)})
