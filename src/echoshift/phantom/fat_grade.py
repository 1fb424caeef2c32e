"""Grades of steatosis of simulated livers."""

from collections.abc import Sequence

from echoshift.phantom.patient import STEATOSIS, draw_patient

GRADES = {STEATOSIS: "S0", 17.4: "S1", 22.1: "S2"}
"""Upper limit of the fat fraction of each grade, in %, as on MRI (Tang et al., Radiology 2013;267:422). Above is S3."""


def fat_grade(identity: str, label: int, seed: int, fat_limits: Sequence[float] = ()) -> str:
    """Grade of a simulated patient, such as `S1`, by the fat fraction. Parameters as for `draw_patient`."""
    fraction = draw_patient(identity, label, seed, fat_limits).fat_fraction
    return next((grade for limit, grade in GRADES.items() if fraction <= limit), "S3")
