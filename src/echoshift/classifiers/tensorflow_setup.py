"""Load TensorFlow and Keras: quiet, in f32, with a fixed number of threads and deterministic operations."""

import os
from types import ModuleType

THREADS = 2


def load_keras(gpu: str | None = None) -> ModuleType:
    """Import and configure Keras on TensorFlow. Safe to call again.

    Parameters
    ----------
    gpu : str, optional
        The only device to use, in the notation of `CUDA_VISIBLE_DEVICES`. Without it everything runs on the CPU.

    Returns
    -------
    module
        `keras` with the TensorFlow backend, `THREADS` threads per operation and one operation at a time. Together with
        the seed these determine the last bits of every result, so they are fixed here and stored in the records.
    """
    # Read when the libraries load: no banner, and no implicit use of a GPU, whose sums differ from the CPU's.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # same numbers as nvidia-smi
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
            tf.config.experimental.set_memory_growth(device, True)  # another job may share the device
    import keras

    keras.config.disable_interactive_logging()
    return keras
