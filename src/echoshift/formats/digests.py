"""Digests of a recording's files."""

from pathlib import Path

from echoshift.formats.location import companions, located
from echoshift.storage.files import sha256_of_file


def frame_digests(path: str | Path, sidecar: str | Path | None = None) -> dict[str, str]:
    """SHA-256 of a frame's file and of its companion files, as `open_frame` reads them.

    Parameters
    ----------
    path, sidecar : path
        As for `open_frame`.

    Returns
    -------
    dict
        Digests by role: `frame` and the roles of `companions`.
    """
    files = {"frame": located(path)[0], **companions(path)}
    if sidecar:
        files["sidecar"] = Path(sidecar)
    return {role: sha256_of_file(file) for role, file in files.items()}
