"""Where the recording of a frame lies, and its digest."""

from echoshift.records.provenance import digest_of_files
from echoshift.validation import Strict


class RecordedAs(Strict):
    """Where the recording of a frame lies.

    Attributes
    ----------
    path : str
        The file, or `FILE#SELECTOR` for one of several recordings in it.
    files : tuple of str
        The file and its companions.
    """

    path: str
    files: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Digest of the files."""
        return digest_of_files(self.files)
