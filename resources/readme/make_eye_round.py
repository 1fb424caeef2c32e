"""Draw eye_round.png for the documentation: `python resources/readme/make_eye_round.py`.

Reads the ITKUltrasound example recording EyeRoundOverChuck_5.0MHz_20V.mha (Apache-2.0), which is not part of this
repository, from the folder in ECHOSHIFT_DATA (default: ../shared/data). Its geometry, and so every length, is nominal.
"""

import os
from pathlib import Path

import numpy as np

from echoshift.figures.style import LINE_COLOURS, new_figure, rows_used, save, settings_words, show_image
from echoshift.formats import open_frame
from echoshift.formats.digests import frame_digests
from echoshift.inspection.measurements import depth_profile
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.records.provenance import provenance
from echoshift.settings import PAPER, SETTINGS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SIDECAR = ROOT / "resources/examples/eye_round.mha.yaml"
RECORDING = "eye_round/EyeRoundOverChuck_5.0MHz_20V.mha"


def eye_round_figure(frame):
    """B-mode at the initial settings, and the recorded and compensated level over depth with the displayed window."""
    settings = {name: SETTINGS[name].initial for name in PAPER}
    title = "A real recording: beef (eye of round over chuck), convex probe, RF of one frame"
    figure = new_figure(11, 4.6, f"{title}\n{settings_words(settings)}, reference level {frame.reference_level:g} dB")
    shown, levels = figure.subplots(1, 2, width_ratios=(1.5, 1))

    plan = ReconstructionPlan(frame, (512, 768))
    image = plan.render(settings)
    last = rows_used(image)
    show_image(shown, image[:last], plan.z[:last], plan.x, cmap="gray", vmin=0, vmax=255)
    shown.set_xlabel("x (nominal cm)", fontsize=9)
    shown.set_ylabel("z (nominal cm)", fontsize=9)

    profile = depth_profile(frame)
    depth = 100 * profile.depths
    gain = 2 * settings["beta"] * frame.center_frequency * 1e-6 * depth
    window = [frame.reference_level + settings[name] for name in ("alpha_l", "alpha_u")]
    levels.axhspan(*window, color="#f3ead8", linewidth=0, label="black to white in the picture")
    levels.plot(depth, profile.levels, color=LINE_COLOURS[0], linewidth=1.4, label="as recorded, most lines")
    levels.plot(
        depth,
        profile.levels + gain,
        color=LINE_COLOURS[1],
        linewidth=1.4,
        label=f"compensated with β {settings['beta']:g}",
    )
    levels.axvline(100 * profile.noise_depth, color="#777777", linewidth=1, linestyle=":")
    levels.annotate(
        "noise from here", (100 * profile.noise_depth, 0.03), xycoords=("data", "axes fraction"), xytext=(4, 0),
        textcoords="offset points", fontsize=8, color="#555555",
    )  # fmt: skip
    levels.set_xlim(depth[0], depth[-1])
    levels.set_ylim(np.floor(profile.levels.min() / 10) * 10 - 5, window[1] + 22)
    levels.set_xlabel("depth along the line (nominal cm)", fontsize=9)
    levels.set_ylabel("level (dB)", fontsize=9)
    levels.legend(fontsize=8, frameon=False, loc="upper left")
    levels.tick_params(labelsize=8)
    return figure


if __name__ == "__main__":
    recording = Path(os.environ.get("ECHOSHIFT_DATA", ROOT.parent / "shared" / "data")) / RECORDING
    about = provenance(inputs=frame_digests(recording, SIDECAR), packages=("matplotlib", "numpy", "scipy"))
    save(eye_round_figure(open_frame(recording, SIDECAR)), HERE / "eye_round.png", about)
