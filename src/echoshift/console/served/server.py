"""The served page: the same page as the file, with exact answers.

A request's path is never joined to a folder: there are four routes, and blobs are looked up by name.
"""

import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from echoshift.console.content import Content
from echoshift.console.served.asking import Asking
from echoshift.console.served.kept import Kept
from echoshift.console.served.questions import LARGEST_QUESTION, PictureQuestion, Refused, ScoresQuestion, read_question
from echoshift.errors import EchoShiftError

BLOBS_KEPT = 32
"""Number of blobs that are kept in memory, up to 2 MB each."""


def blobs_of(content: Content) -> Kept[str, bytes]:
    """Blobs by name, made when they are first asked for."""
    return Kept(content.blob, BLOBS_KEPT)


def console_app(content: Content, page: str, blobs: Kept[str, bytes], asking: Asking) -> Starlette:
    """Application with the page at `/`, its blobs at `/blob/NAME`, and its questions at `/ask` and `/render`."""

    async def show(request: Request) -> Response:
        return HTMLResponse(page)

    def blob(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in content.blobs:
            raise HTTPException(404)
        try:
            return Response(blobs[name], media_type="application/octet-stream")
        except (EchoShiftError, OSError) as error:
            line = f"blob {name}: found nothing readable, expected its files in the results; the terminal says why"
            raise Refused(410, line, error) from None

    async def ask(request: Request) -> Response:
        question = read_question(ScoresQuestion, await _body(request))
        start = time.perf_counter()
        scores = await run_in_threadpool(asking.scores, question)
        return JSONResponse({"scores": scores.tolist(), "seconds": time.perf_counter() - start})

    async def render(request: Request) -> Response:
        question = read_question(PictureQuestion, await _body(request))
        picture = await run_in_threadpool(asking.picture, question)
        return Response(picture.tobytes(), media_type="application/octet-stream")

    app = Starlette(
        routes=[
            Route("/", show, methods=["GET"]),
            Route("/blob/{name}", blob, methods=["GET"]),
            Route("/ask", ask, methods=["POST"]),
            Route("/render", render, methods=["POST"]),
        ],
        exception_handlers={Refused: _say_refused, HTTPException: _say_status, Exception: _say_failed},
    )
    app.router.redirect_slashes = False
    return app


def warm_up(content: Content, blobs: Kept[str, bytes], asking: Asking) -> None:
    """Open what a page that has just been loaded asks for, before the browser has started."""
    frame, classifier = content.study["frames"][0], content.study["classifiers"][0]["name"]
    with suppress(Refused, EchoShiftError, OSError):  # whoever asks is told
        for name in (frame["places"], frame["picture"]):
            blobs[name]
        asking.scores(ScoresQuestion(frame=frame["id"], classifier=classifier, settings=({},)))
        blobs[frame["classifiers"][classifier]["answers"]]


async def _body(request: Request) -> bytes:
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_QUESTION:
                raise Refused(413, f"question: found more than {LARGEST_QUESTION} bytes, expected fewer")
    except ClientDisconnect:
        raise Refused(400, "question: found its beginning, expected all of it") from None
    return body


async def _say_refused(request: Request, refused: Refused) -> Response:
    if refused.reason:
        print(f"echoshift: {' '.join(str(refused.reason).split())}", file=sys.stderr, flush=True)
    return JSONResponse({"error": refused.line}, status_code=refused.status)


async def _say_status(request: Request, error: HTTPException) -> Response:
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)


async def _say_failed(request: Request, error: Exception) -> Response:
    line = f"{type(error).__name__} in `echoshift explore`; the terminal says more"
    return JSONResponse({"error": line}, status_code=500)


class _Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End at once: nothing is being written, and a classifier may take long to answer."""
        sys.stdout.flush()
        os._exit(0 if sig == signal.SIGINT else 128 + sig)


def server_of(app: ASGIApp) -> uvicorn.Server:
    """Server that runs until a signal ends the process."""
    config = uvicorn.Config(
        app, http="h11", ws="none", loop="asyncio", lifespan="off", proxy_headers=False, server_header=False,
        access_log=False, log_config=None, log_level="error",
    )  # fmt: skip
    return _Server(config)
