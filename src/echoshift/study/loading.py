"""Reading a study: the configuration and its sheets, checked."""

from typing import Any

from echoshift.study.checks import check_study
from echoshift.study.config import StudyConfig
from echoshift.study.pictures import with_pictures
from echoshift.study.sheets import read_frames, read_images
from echoshift.study.study import Study
from echoshift.validation import checked


def load_study(
    config: dict[str, Any], source: str = "config.yaml", frames_per_job: int = 1, folder: str = "."
) -> Study:
    """Check a configuration and read its sheets.

    Parameters
    ----------
    config : dict
        As read from YAML; sheet paths are relative to the working directory.
    source : str
        Its name in error messages.
    frames_per_job : int
        The profile's number, used if the configuration has none.
    folder : str
        Its folder.

    Raises
    ------
    EchoShiftError
        One line on the first problem: wrong keys or values, impossible bounds, duplicate ids, missing files.
    """
    entries = checked(StudyConfig, config, source)
    cohorts = entries.cohorts
    frames = read_frames(cohorts.frames, entries.results_dir, entries.classes, cohorts.group_by)
    frames = with_pictures(frames, entries.recorded, folder)
    images = []
    if cohorts.images:
        images = read_images(cohorts.images, entries.results_dir, entries.classes)
    study = Study(
        entries,
        {frame.name: frame for frame in frames},
        {image.name: image for image in images},
        entries.frames_per_job or frames_per_job,
        folder,
    )
    check_study(study, source)
    return study
