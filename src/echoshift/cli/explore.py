"""`echoshift explore`: serve the console page of a study to a browser on this machine, with exact answers."""

from typing import Annotated

import typer

from echoshift.cli.options import Frames, Relabel, Results


def explore(
    results: Results,
    frames: Frames = None,
    relabel: Relabel = False,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0: a free one.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    allow_external: Annotated[
        bool, typer.Option("--allow-external", help="Also ask classifiers that are a function or a URL.")
    ] = False,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Listen at an address that other machines can reach.")
    ] = False,
) -> None:
    """Look at a study in the browser: move the settings of its frames and watch picture and diagnosis change.

    The page is the one of `echoshift page`, but classifiers are asked anew at every point. It is served to this machine
    alone, whose other users can open it too if they know the port. Ctrl-C ends it. Nothing is written.
    """
    import webbrowser
    from threading import Thread

    from echoshift.console.content import Content
    from echoshift.console.page import page_html
    from echoshift.console.served.address import Place
    from echoshift.console.served.asking import Asking
    from echoshift.console.served.guard import Guard
    from echoshift.console.served.server import blobs_of, console_app, server_of, warm_up

    try:
        place = Place(host, port, allow_remote)
        content = Content(results, frames and frames.split(","), relabel, served=True)
        blobs, asking = blobs_of(content), Asking(content, allow_external)
        app = console_app(content, page_html(content), blobs, asking)
        print(f"{results}: {place.address} (Ctrl-C to end)", flush=True)
        Thread(target=warm_up, args=(content, blobs, asking), daemon=True).start()
        if not no_browser:
            Thread(target=webbrowser.open, args=(place.address,), daemon=True).start()
        server_of(Guard(app, place.is_own)).run(sockets=[place.listener])
    except KeyboardInterrupt:
        return
