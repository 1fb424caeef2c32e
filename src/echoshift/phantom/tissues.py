"""The table of all numbers of the simulation, with their units and sources.

Abbreviations of the sources:

- `physics`: published values collected for this project: Ultrasonic Imaging 1984;6:117 (liver in vivo), Han 2018
  PMC6056350 (attenuation and backscatter in NAFLD), PMC8885567 (attenuation by steatosis grade), PMC10001275 table 4
  and PMC10346919 (kidney, fat, muscle, skin at 1 MHz), PMID 19304694 and 26014325 (hepatorenal index).
- `study`: the settings of an earlier prototype of this study that gave overlapping classes.
- `textbook`: standard sonographic anatomy (adult liver and right kidney, sagittal view).
- `picture`: chosen by the look of the images, without a published value.

Levels are in decibels relative to renal cortex, and lengths are in metres.
"""

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Number:
    """A constant, or a normal distribution over patients if `sd` is given.

    Attributes
    ----------
    value : float
        The constant, or the mean over patients.
    unit : str
    source : str
        See the module's docstring.
    sd : float
        Standard deviation over patients, in `unit`.
    low, high : float
        Limits to which drawn values are clipped.
    """

    value: float
    unit: str
    source: str
    sd: float = 0.0
    low: float = -inf
    high: float = inf


@dataclass(frozen=True)
class Tissue:
    """One tissue.

    Attributes
    ----------
    attenuation : float
        One-way attenuation, in dB/(cm MHz).
    level : float
        Backscatter level, in dB relative to renal cortex.
    texture : float
        Standard deviation of the level inside the tissue, in addition to speckle, in dB.
    source : str
        Sources of the attenuation, and of the level and texture (`picture` unless given).
    """

    attenuation: float
    level: float
    texture: float
    source: str


TISSUES = {
    "skin": Tissue(0.35, 15.0, 1.0, "physics: skin 0.35 dB/cm at 1 MHz; picture: bright band"),
    "fat": Tissue(0.63, 6.5, 2.5, "physics: fat 0.63 dB/cm at 1 MHz; picture: grey with septa"),
    "muscle": Tissue(1.10, 6.0, 3.0, "physics: muscle 0.96 to 1.40 dB/cm at 1 MHz; picture: striated"),
    "perirenal fat": Tissue(0.63, 5.0, 2.5, "physics: fat; picture: brighter than cortex"),
    "retroperitoneum": Tissue(1.00, -1.0, 3.0, "physics: muscle, lower half of the range; picture"),
    "liver": Tissue(0.62, 0.5, 1.4, "study and physics: without fat, see PATIENT for the dependence on fat"),
    "blood": Tissue(0.15, -19.0, 0.0, "textbook: blood about 0.15 to 0.2 dB/cm at 1 MHz, anechoic"),
    "bile": Tissue(0.02, -34.0, 0.0, "textbook: bile like water, anechoic"),
    "portal wall": Tissue(0.70, 15.0, 1.0, "textbook: echogenic at any fat fraction"),
    "cortex": Tissue(1.00, 0.0, 1.0, "physics: kidney 1.00 dB/cm at 1 MHz; level by definition"),
    "medulla": Tissue(1.00, -8.0, 0.8, "physics: kidney; textbook: pyramids darker than cortex"),
    "sinus": Tissue(0.80, 11.0, 3.0, "physics: between fat and kidney; textbook: central bright complex"),
    "lung": Tissue(0.70, -9.0, 2.0, "picture: shows mirror image and reverberation, not lung"),
    "bowel": Tissue(0.90, -4.0, 4.0, "picture: dirty shadow behind gas"),
    "bone": Tissue(9.00, -6.0, 1.0, "textbook: cortical bone 7 to 20 dB/cm at 1 MHz; shadow behind"),
}

PATIENT = {
    "healthy_fat_low": Number(0.5, "%", "study"),
    "healthy_fat_high": Number(4.8, "%", "study; steatosis is more than 5 %"),
    "fatty_fat_start": Number(5.2, "%", "study; steatosis is more than 5 %"),
    "fatty_fat_shape": Number(1.6, "1", "study: Gamma shape (median fat fraction about 14 %)"),
    "fatty_fat_scale": Number(7.0, "%", "study: Gamma scale"),
    "fat_highest": Number(45.0, "%", "physics: rarely exceeded in NAFLD cohorts"),
    "attenuation_per_fat": Number(0.012, "dB/(cm MHz) per %", "physics: cut-offs 0.63/0.70/0.75 by grade; study"),
    "attenuation_residual": Number(0.0, "dB/(cm MHz)", "study; physics: Han 2018, SD 0.13, fat included", sd=0.08),
    "level_per_fat": Number(
        0.5,
        "dB per %",
        "physics: Han's SD of 5 dB; hepatorenal index close to PMID 26014325 (1.14 normal, 1.87 steatotic)",
    ),
    "level_rise_highest": Number(12.0, "dB", "physics: the hepatorenal index saturates (cut-offs 1.49/1.86/2.23)"),
    "level_residual": Number(0.0, "dB", "physics: Han 2018, SD 5.0, fat included", sd=2.0),
    "gain": Number(0.0, "dB", "study: coupling and system gain", sd=2.5, low=-6, high=6),
}
"""Numbers that depend on the label and the fat fraction."""

ANATOMY = {
    "skin": Number(2.0e-3, "m", "textbook", sd=0.3e-3, low=1.3e-3, high=3e-3),
    "fat": Number(16e-3, "m", "study: subcutaneous fat", sd=6e-3, low=6e-3, high=30e-3),
    "muscle": Number(9e-3, "m", "study", sd=2.5e-3, low=4.5e-3, high=15e-3),
    "preperitoneal_fat": Number(2.0e-3, "m", "textbook", sd=0.8e-3, low=0.6e-3, high=4e-3),
    "liver_x": Number(14e-3, "m", "picture: centre of the liver's outline", sd=5e-3, low=4e-3, high=24e-3),
    "liver_below_wall": Number(33e-3, "m", "picture", sd=4e-3, low=24e-3, high=42e-3),
    "liver_radius": Number(82e-3, "m", "textbook: liver depth 12 to 16 cm", sd=5e-3, low=72e-3, high=92e-3),
    "kidney_x": Number(24e-3, "m", "picture", sd=7e-3, low=10e-3, high=38e-3),
    "kidney_below_wall": Number(56e-3, "m", "picture: 3 cm of liver in front", sd=6e-3, low=45e-3, high=68e-3),
    "kidney_half_length": Number(53e-3, "m", "textbook: 9 to 12 cm long", sd=4e-3, low=44e-3, high=61e-3),
    "kidney_half_width": Number(24e-3, "m", "textbook: 4 to 6 cm wide", sd=2.2e-3, low=19.5e-3, high=29e-3),
    "kidney_tilt": Number(0.30, "rad", "textbook: lower pole nearer to the front", sd=0.13, low=0.02, high=0.6),
    "kidney_bend": Number(0.16, "1", "textbook: bean", sd=0.05, low=0.04, high=0.28),
    "perirenal_fat": Number(3.5e-3, "m", "textbook", sd=1.5e-3, low=1.2e-3, high=8e-3),
    "portal_radius": Number(3.4e-3, "m", "textbook: right branches 5 to 9 mm wide", sd=0.5e-3, low=2.4e-3, high=4.5e-3),
    "vein_radius": Number(3.0e-3, "m", "textbook: hepatic veins 5 to 9 mm wide", sd=0.5e-3, low=2.2e-3, high=4.2e-3),
}
"""Sizes and positions, drawn once for each patient."""

CHANCES = {
    "rib": Number(0.25, "1", "picture: a rib shadow at one side"),
    "gallbladder": Number(0.2, "1", "picture: rare in a plane through the kidney"),
    "bowel": Number(0.45, "1", "picture: colon gas below the liver's tip"),
    "lost_contact": Number(0.3, "1", "picture: the probe's edge lifts off"),
}
"""Share of patients with each of these."""

INTERFACES = {
    "face": Number(30.0, "dB", "picture: bright band under the probe"),
    "fascia": Number(23.0, "dB", "picture: between fat, muscle and peritoneum"),
    "septum": Number(20.0, "dB", "picture: septa in subcutaneous fat", sd=3.0),
    "liver capsule": Number(22.0, "dB", "textbook: thin bright line"),
    "kidney capsule": Number(16.0, "dB", "textbook: thin bright line"),
    "diaphragm": Number(26.0, "dB", "textbook: brightest line of the picture"),
    "gallbladder wall": Number(16.0, "dB", "textbook"),
    "bone": Number(32.0, "dB", "textbook: rib surface"),
    "gas": Number(22.0, "dB", "textbook: gas surface"),
}
"""Level of a smooth interface at perpendicular incidence, relative to cortex speckle."""

DETAILS = {
    "wall_unevenness": Number(0.13, "1", "picture: relative SD of a layer's thickness along the wall"),
    "ring_spacing": Number(0.45e-3, "m", "picture: ring-down under the face"),
    "ring_decay": Number(9.0, "dB", "picture: from one ring to the next"),
    "septa_per_thickness": Number(900.0, "1/m", "picture: septa in subcutaneous fat"),
    "vessel_piece": Number(4e-3, "m", "picture: length of a straight piece of a vessel"),
    "portal_wall": Number(1.4e-3, "m", "textbook: wall with sheath, 1 to 2 mm in images"),
    "smallest_branch": Number(0.7e-3, "m", "picture: radius below which a branch is invisible"),
    "crossing_radius": Number(0.5e-3, "m", "picture: mean excess radius of crossing branches over the smallest"),
    "diaphragm": Number(2.6e-3, "m", "textbook: 2 to 4 mm thick"),
    "mirror_fade": Number(200.0, "dB/m", "picture: decay of the mirror image behind the diaphragm"),
    "mirror_depth": Number(30e-3, "m", "picture: depth beyond which it decays four times as fast"),
    "mirror_rings": Number(4.2e-3, "m", "picture: spacing of the reverberation behind the diaphragm"),
    "rib_half_width": Number(0.075, "rad", "textbook: ribs 10 to 15 mm wide", sd=0.01, low=0.055, high=0.095),
    "rib_thickness": Number(4e-3, "m", "textbook: front part, which stops most of the beam"),
    "rib_reverberation": Number(-10.0, "dB", "picture: level in the shadow, relative to cortex"),
    "lost_contact": Number(-20.0, "dB", "picture: gain at the probe's lifted edge", sd=5.0, low=-28, high=-12),
    "gas_decay": Number(220.0, "dB/m", "picture: decay of the dirty shadow behind bowel gas"),
    "patch_height": Number(4e-3, "m", "textbook: cortex is 6 to 10 mm thick"),
    "patch_width": Number(12e-3, "m", "picture: width over which the cortex is flat"),
}
"""Image details. Parameters of roughness and texture (correlation lengths, harmonics of outlines) are in the drawing code
and are all of source `picture`."""

PROBE = {
    "apex_radius": Number(0.04957, "m", "physics: C5-2v"),
    "field_of_view": Number(70.0, "degrees", "study; physics: C5-2v about 74"),
    "center_frequency": Number(2.5e6, "Hz", "Byra 2020: around 2.5 MHz for both cohorts"),
    "relative_bandwidth": Number(0.22, "1", "study: sigma of the two-way amplitude spectrum / centre"),
    "sampling_frequency": Number(10e6, "Hz", "study: with 2048 samples"),
    "samples": Number(2048, "1", "study: 15.8 cm"),
    "sound_speed": Number(1540.0, "m/s", "textbook: what scanners assume"),
    "aperture": Number(22e-3, "m", "study"),
    "f_number": Number(1.8, "1", "study: smallest"),
    "focus": Number(75e-3, "m", "study: transmit focus", sd=10e-3, low=50e-3, high=100e-3),
    "elevation_aperture": Number(13.5e-3, "m", "textbook: abdominal convex probes 11 to 14 mm"),
    "elevation_focus": Number(65e-3, "m", "textbook: lens of abdominal convex probes 6 to 8 cm"),
    "cortex_level": Number(21.0, "dB", "study; picture"),
    "noise": Number(-46.0, "dB", "study: floor of the electronic noise", sd=2.5, low=-52, high=-40),
}
"""The default study's scanner: probe, band and receiver. Others are in `echoshift.phantom.scanners`."""

ECHO = {
    "subbands": Number(16, "1", "physics: 0.28 dB off over 8.7 cm"),
    "oversampling": Number(2, "1", "physics: scatter lines for each image line"),
    "reverberation": Number(-25.0, "dB", "picture: copy of the wall behind itself", sd=3.0),
    "haze": Number(-7.0, "dB", "picture: clutter at the wall's lower border, relative to cortex", sd=3.0),
    "haze_decay": Number(700.0, "dB/m", "picture: clutter lies in the first centimetres"),
    "pedestal": Number(-27.0, "dB", "picture: side lobes and aberration, energy relative to the main lobe", sd=2.0),
    "blanking": Number(1.5e-3, "m", "picture: the receiver opens over this depth"),
    "pedestal_width": Number(7.0, "1", "picture: relative to the main lobe"),
    "wall_shading": Number(0.9, "dB", "picture: gain ripple over the lines due to the wall"),
}

SCANNER = {
    "apex_radius": Number(0.060, "m", "physics: typical, C5-2/60"),
    "field_of_view": Number(58.0, "degrees", "physics: C5-2/60 +-28"),
    "depth_gain": Number(0.78, "dB/(cm MHz)", "study (0.74), raised to offset elevation diffraction", sd=0.04),
    "slider": Number(0.0, "dB", "study: six depth sliders set by hand", sd=2.0),
    "sliders": Number(6, "1", "study"),
    "lower": Number(5.0, "dB", "picture: lower end of the window"),
    "window": Number(52.0, "dB", "study"),
    "curve": Number(0.35, "1", "picture: strength of the S-shaped grey curve"),
    "smoothing": Number(0.8, "pixel", "study: slight smoothing"),
    "side": Number(512, "pixel", "study: rows and columns"),
}
"""The first cohort's scanner. Other values of its probe are as in PROBE."""
