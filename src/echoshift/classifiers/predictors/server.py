"""Predictor of a model behind a server that speaks the Open Inference Protocol v2 in JSON.

https://github.com/open-inference/open-inference-protocol: `POST URL/infer`, where the URL ends in `/v2/models/NAME`.
"""

import json
import os
import shlex
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from echoshift.classifiers.interface.folder import GivenModel
from echoshift.classifiers.predictors.given import GivenPredictor, Runtime, given_model
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.predictors.slots import one_of
from echoshift.errors import EchoShiftError

PACKAGES = ("requests",)
TRIES = 4
PAUSE = 0.5
"""Seconds before the second try; doubled before each further one."""
LARGEST_ANSWER = 1 << 20
"""Bytes of an answer that are read."""
SAME = 1e-4
"""A server whose numbers for the fixed pictures have moved further than this, or this part of them, is another model."""
N_FIXED, FIXED_SHAPE = 8, (192, 192)


def open_predictor(folder: Path, settings: PredictorSettings) -> GivenPredictor:
    """Connect to the server of a given model, and check that it still gives the answers of its adoption."""
    given = given_model(folder)
    predictor = predictor_of(given)
    found, expected = predictor.outputs(fixed_pictures()), np.array(given.answers)
    if found.shape != expected.shape or not np.allclose(found, expected, rtol=SAME, atol=SAME):
        raise EchoShiftError(
            f"{given.name}: found other answers to the fixed pictures than at its adoption, expected the same within "
            f"{SAME:g}: the model has changed; repair: rm {shlex.quote(str(folder / 'digest.txt'))} and run again"
        )
    return predictor


def predictor_of(given: GivenModel) -> GivenPredictor:
    """Predictor that asks the server about all pictures of a batch at once, as far as its requests hold them."""
    return GivenPredictor(given, open_runtime(given), PACKAGES, at_once=True, engine="server", version=given.name)


def fixed_pictures() -> np.ndarray:
    """Eight speckled pictures, uint8 (image, z, x), whose answers identify a server's model."""
    rows = np.linspace(0, 1, FIXED_SHAPE[0])[:, None]
    draws = np.random.default_rng(2009_03364)
    levels = draws.uniform(20, 120, N_FIXED)
    slopes = draws.uniform(-60, 60, N_FIXED)
    speckle = draws.rayleigh(20, (N_FIXED, *FIXED_SHAPE))
    pictures = [level + slope * rows + own for level, slope, own in zip(levels, slopes, speckle, strict=True)]
    return np.clip(np.stack(pictures), 0, 255).astype(np.uint8)


def open_runtime(given: GivenModel) -> Runtime:
    """Function from the model's input to its numbers. Asks the server, again if it does not answer."""
    import requests
    from urllib3.exceptions import HTTPError

    source = given.source
    token = _token(given)

    def authorise(request: Any) -> Any:
        """Add the token. An explicit authorisation also keeps `requests` from taking one from `.netrc`."""
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    session = requests.Session()
    session.auth = authorise
    # A proxy of the environment is meant for other machines.
    session.trust_env = urlsplit(source["url"]).hostname not in ("localhost", "127.0.0.1", "::1")

    def ask_once(pixels: np.ndarray) -> np.ndarray:
        tensor = {"name": source["input_name"], "shape": list(pixels.shape), "datatype": "FP32"}
        question = {"inputs": [{**tensor, "data": pixels.ravel().tolist()}]}
        reason = ""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(PAUSE * 2 ** (attempt - 1))
            try:
                with one_of(source["in_flight"], source["url"]), session.post(
                    f"{source['url']}/infer", json=question, timeout=source["timeout"], stream=True,
                    allow_redirects=False,
                ) as reply:  # fmt: skip
                    body = _body(reply, time.monotonic() + source["timeout"])
                    if reply.status_code == 200:
                        return _numbers(body, given, len(pixels))
                    reason = f"status {reply.status_code}: {' '.join(body.decode('utf-8', 'replace').split())[:150]}"
                    if reply.status_code < 500 and reply.status_code != 429:
                        break
            except (requests.RequestException, HTTPError, TimeoutError) as error:
                reason = f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"
        if token:
            reason = reason.replace(token, "***")
        raise EchoShiftError(f"{given.name}: found no answer ({reason}), expected one within {source['timeout']:g} s")

    def ask(pixels: np.ndarray) -> np.ndarray:
        size = source["pictures_per_request"]
        return np.concatenate([ask_once(pixels[start : start + size]) for start in range(0, len(pixels), size)])

    return ask


def _token(given: GivenModel) -> str | None:
    variable = given.source["token"]
    if variable is None:
        return None
    token = os.environ.get(variable, "").strip()
    if not token.isascii() or not token.isprintable() or not token:
        found = "nothing" if not token else "characters that no header may have"
        raise EchoShiftError(
            f"{given.name}: token: found {found} in the environment variable {variable}, expected a token"
        )
    return token


def _body(reply: Any, deadline: float) -> bytes:
    """The answer's bytes, at most `LARGEST_ANSWER`, none after the deadline: a server may send a byte now and then."""
    parts, size = [], 0
    while part := reply.raw.read1(1 << 16, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER:
            raise EchoShiftError(
                f"{reply.url}: found an answer of more than {LARGEST_ANSWER} bytes, expected numbers alone"
            )
        if time.monotonic() > deadline:
            raise TimeoutError("the answer takes too long")
    return b"".join(parts)


def _numbers(body: bytes, given: GivenModel, n_pictures: int) -> np.ndarray:
    wanted = given.interface.output.name
    try:
        outputs = json.loads(body)["outputs"]
        named = [one for one in outputs if wanted in (None, one.get("name"))]
        numbers = np.asarray(named[0]["data"], dtype=np.float64)
        if len(named) > 1:
            raise EchoShiftError(
                f"{given.name}: output.name: found nothing, expected one of {', '.join(str(one.get('name')) for one in outputs)}"
            )
        return numbers.reshape(n_pictures, -1)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        found = " ".join(body[:80].decode("utf-8", "replace").split())
        raise EchoShiftError(
            f"{given.name}: found the answer {found!r}, expected JSON with outputs of {n_pictures} rows of numbers"
        ) from None
