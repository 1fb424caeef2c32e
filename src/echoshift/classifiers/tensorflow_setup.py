"""The one place that loads TensorFlow and Keras: quiet, on the CPU, with fixed threads and repeatable operations."""

import os
from types import ModuleType

THREADS = 2


def load_keras() -> ModuleType:
    """Import Keras on TensorFlow as EchoShift uses it; safe to call again.

    Returns
    -------
    module
        `keras`, with the TensorFlow backend, `THREADS` threads within an operation and one operation at a time: with
        the seed, these decide the last bits of every result, so they are fixed here and written into the records.
    """
    # Read when the libraries load: no banner, no search for a GPU whose sums would differ from the CPU's.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    import tensorflow as tf
    from absl import logging

    logging.set_verbosity(logging.ERROR)
    tf.get_logger().setLevel("ERROR")
    if tf.config.threading.get_intra_op_parallelism_threads() != THREADS:
        tf.config.threading.set_intra_op_parallelism_threads(THREADS)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
    import keras

    keras.config.disable_interactive_logging()
    return keras
