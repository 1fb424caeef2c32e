"""Run Snakemake and commands in processes with preloaded packages: TensorFlow alone takes 5 s to load, Snakemake 1 to 2.

A server loads the packages once and forks a process for each call. A stand-in for `python`, first in the PATH of the
workflow, forwards the calls `python -m echoshift VERB ...` and `python -m snakemake ...` and returns their exit code.
Only third-party packages are preloaded. The child imports EchoShift according to the workflow's PYTHONPATH.

    python warm.py serve SOCKET                        # until its standard input ends
    python -I -S warm.py call SOCKET -m echoshift ...  # what the stand-in does
"""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

PACKAGES = (
    "numcodecs.zstd",  # first: TensorFlow brings its own zstd, which compresses some images differently
    "cv2", "h5py", "keras", "matplotlib.pyplot", "numpy", "openvino", "pandas", "pydantic", "rich.progress", "rocrate.rocrate",
    "scipy.signal", "scipy.stats", "sklearn.metrics", "snakemake.cli", "tensorflow", "typer", "xarray", "zarr",
)  # fmt: skip
MODULES = ("echoshift", "snakemake")
STREAMS = (0, 1, 2)
LONGEST_CALL = 1 << 20


@contextmanager
def warm_python(folder):
    """Yield a folder with a `python` to put first in PATH. Its server ends with the block."""
    # An abstract socket, because a socket path has at most 107 bytes, which a test folder can exceed.
    address = f"@echoshift-{os.getpid()}-{folder.name}"
    stand_in = folder / "python"
    stand_in.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {Path(__file__).resolve()} call {address} "$@"\n')
    stand_in.chmod(0o755)
    server = subprocess.Popen(
        [sys.executable, __file__, "serve", address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout.readline() == "ready\n", "the server of warm processes did not start"
        yield folder
    finally:
        server.stdin.close()
        server.wait()


def _address(text):
    return text.replace("@", "\0", 1)


def serve(address):
    """Load the packages, then fork for each call until standard input ends."""
    import importlib
    import select
    import signal
    import warnings

    # Python 3.12 and later warn about forking with threads. Those of the packages are idle while this process waits.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    # Same as in `tensorflow_setup.load_keras`.
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
    for name in PACKAGES:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are not waited for
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(_address(address))
        door.listen(64)
        print("ready", flush=True)
        while 0 not in select.select([door, 0], [], [])[0]:
            caller = door.accept()[0]
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                door.close()
                os._exit(_answer(caller))
            caller.close()


def _answer(caller):
    """Run one call in this process as if it had been started for it, and send the exit code."""
    import json
    import runpy

    text, streams, _, _ = socket.recv_fds(caller, LONGEST_CALL, len(STREAMS))
    while not text.endswith(b"\n"):
        text += caller.recv(LONGEST_CALL)
    call = json.loads(text)
    for own, theirs in zip(STREAMS, streams, strict=True):
        os.dup2(theirs, own)
        os.close(theirs)
    os.environ.clear()
    os.environ.update(call["environment"])
    os.chdir(call["folder"])
    sys.path[:0] = [call["folder"], *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    module, *arguments = call["arguments"]
    sys.argv = [module, *arguments]
    code = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    import atexit

    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    caller.sendall(bytes([code]))
    return code


def call(address, arguments):
    """Run a module through the server, with this process's folder, environment and streams."""
    import json

    if arguments[:1] != ["-m"] or arguments[1] not in MODULES:
        os.execv(sys.executable, [sys.executable, *arguments])
    message = {"arguments": arguments[1:], "folder": str(Path.cwd()), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(_address(address))
        socket.send_fds(server, [b" "], STREAMS)
        server.sendall(json.dumps(message).encode() + b"\n")
        code = server.recv(1)
    sys.exit(code[0] if code else "the warm process died")


if __name__ == "__main__":
    action, place, *rest = sys.argv[1:]
    serve(place) if action == "serve" else call(place, rest)
