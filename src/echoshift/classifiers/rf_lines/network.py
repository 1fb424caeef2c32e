"""The network: from one piece of a line to the logit of the positive class, or a score of each class."""

from typing import Any

from echoshift.classifiers.tensorflow_setup import load_keras


def lines_network(samples: int, n_outputs: int, dropout: float, seed: int) -> Any:
    """A small convolutional network over pieces of lines, after Han et al. 2020 (Radiology 295:342), who used pieces of 1,024.

    Three convolutions with rectifiers, each followed by a mean over neighbouring samples. The places along the piece are kept
    up to the last layer, which can so compare the beginning of a piece with its end: attenuation.

    Returns
    -------
    keras.Model
        float32 (piece, sample, 1) -> (piece, output).
    """
    keras = load_keras()
    layers = keras.layers

    def first_weights(number: int) -> Any:
        return keras.initializers.HeUniform(seed=seed + number)

    inputs = keras.Input((samples, 1), name="piece")
    found = inputs
    for number, (filters, width, stride, pool) in enumerate(((16, 24, 2, 8), (16, 7, 1, 4), (16, 5, 1, 4))):
        found = layers.Conv1D(
            filters, width, stride, padding="same", activation="relu", kernel_initializer=first_weights(number),
            name=f"filters_{number + 1}",
        )(found)  # fmt: skip
        found = layers.AveragePooling1D(pool, padding="same", name=f"mean_{number + 1}")(found)
    found = layers.Flatten(name="along_the_piece")(found)
    found = layers.Dropout(dropout, seed=seed, name="dropout")(found)
    found = layers.Dense(n_outputs, kernel_initializer=keras.initializers.GlorotUniform(seed=seed), name="logit")(found)
    return keras.Model(inputs, found, name="lines")
