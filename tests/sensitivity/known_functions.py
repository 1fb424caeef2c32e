"""Formulas of the settings that take the place of a chain and a classifier."""

import numpy as np

from echoshift.classifiers.answers import scores_of_logits
from echoshift.sensitivity.asking import ask_design
from echoshift.sensitivity.settings import Sensitivity
from echoshift.settings import PAPER, SETTINGS

INITIAL = {name: SETTINGS[name].initial for name in PAPER}


def design(initial=INITIAL, frame="F1", low=(), high=(), **section):
    """What is asked about one frame; by default few values of the paper's settings."""
    section = {"samples": 8, "steps": 5, "pairs": 3} | section
    return Sensitivity(**section).design(frame, initial, dict(low), dict(high))


def share(one, name):
    """Place of a value between the default bounds, 0 to 1."""
    return (one[name] - SETTINGS[name].low) / (SETTINGS[name].high - SETTINGS[name].low)


def asked(formula, of, label=None, **more):
    """Answers of a classifier whose logit is a formula of the settings."""
    return ask_design(lambda some: scores_of_logits([formula(one) for one in some]), label, of, **more)


def ishigami(one):
    """sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1, each between -pi and pi (Ishigami and Homma 1990)."""
    x = [np.pi * (2 * share(one, name) - 1) for name in PAPER]
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def wavy(one):
    return 3 * share(one, "beta") - np.cos(one["alpha_l"]) * (one["alpha_u"] - 54.0)
