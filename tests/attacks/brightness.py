"""A classifier that uses only brightness."""

import numpy as np

from echoshift.classifiers.answers import scores_of_logits


class Brightness:
    """Positive if the mean grey level reaches a threshold."""

    digest, packages = "brightness", ("numpy",)

    def __init__(self, threshold):
        self.threshold = threshold

    def scores(self, images):
        return scores_of_logits(images.reshape(len(images), -1).mean(axis=1, dtype=np.float64) - self.threshold)

    def describe(self):
        return {"engine": "openvino", "digest": self.digest}
