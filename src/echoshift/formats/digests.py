"""Digests of the files that a recording consists of."""

from pathlib import Path

from echoshift.files import sha256_of_file


def frame_digests(path: str | Path, sidecar: str | Path | None = None) -> dict[str, str]:
    """SHA-256 of an RF frame's file and of those that belong to it, as `open_frame` reads them.

    Parameters
    ----------
    path, sidecar : path
        As for `open_frame`.

    Returns
    -------
    dict
        `frame`; of a MetaImage also `sidecar`, and `data` where the samples lie in a file of their own.
    """
    path = Path(path)
    files = {"frame": path}
    with path.open("rb") as file:
        is_hdf5 = file.read(4) == b"\x89HDF"
    if not is_hdf5:
        from echoshift.formats.metaimage import _header

        files["sidecar"] = Path(sidecar) if sidecar else path.with_name(path.name + ".yaml")
        header, _ = _header(path)
        if header["ElementDataFile"] != "LOCAL":
            files["data"] = path.parent / header["ElementDataFile"]
    return {role: sha256_of_file(file) for role, file in files.items()}
