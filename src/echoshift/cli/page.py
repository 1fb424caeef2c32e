"""`echoshift page`: write the console page of a finished study as one file."""

from echoshift.cli.options import Frames, Output, Relabel, Results, check_ending


def page(results: Results, output: Output, frames: Frames = None, relabel: Relabel = False) -> None:
    """Write RESULTS, those of a finished study, as one page on which the settings can be moved.

    The page needs no network and no server. It holds ids and labels of frames, and no paths.
    """
    from echoshift.cli.progress import track_if_long
    from echoshift.console.content import Content
    from echoshift.console.page import page_html
    from echoshift.storage.files import write_text

    check_ending(output, ".html")
    content = Content(results, frames and frames.split(","), relabel)
    names = content.blobs
    blobs = [(name, content.blob(name)) for name in track_if_long(names, "Page", len(names))]
    write_text(output, page_html(content, blobs))
