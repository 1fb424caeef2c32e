"""The one place that loads TensorFlow and Keras: quiet, in f32, with fixed threads and repeatable operations."""

import os
from types import ModuleType

THREADS = 2


def load_keras(gpu: str | None = None) -> ModuleType:
    """Import Keras on TensorFlow as EchoShift uses it; safe to call again.

    Parameters
    ----------
    gpu : str, optional
        The one device to use, as `CUDA_VISIBLE_DEVICES` names it; without it everything runs on the CPU.

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
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # numbers as the driver's tool counts them
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1" if gpu is None else gpu
    import tensorflow as tf
    from absl import logging

    logging.set_verbosity(logging.ERROR)
    tf.get_logger().setLevel("ERROR")
    if tf.config.threading.get_intra_op_parallelism_threads() != THREADS:
        tf.config.threading.set_intra_op_parallelism_threads(THREADS)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
        tf.config.experimental.enable_tensor_float_32_execution(False)
        for device in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(device, True)  # a neighbour's job may share the device
    import keras

    keras.config.disable_interactive_logging()
    return keras
