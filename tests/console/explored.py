"""`echoshift explore` as a process of its own."""

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager

from served import request

ADDRESS = re.compile(r"(.*): http://127\.0\.0\.1:(\d+)/ \(Ctrl-C to end\)\n")


@contextmanager
def explore(results, *options, **environment):
    """Start `echoshift explore`. Yields the process and its port."""
    command = [sys.executable, "-m", "echoshift", "explore", str(results), *options]
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        found = ADDRESS.fullmatch(line := process.stdout.readline())
        assert found and found[1] == str(results), line + process.stderr.read()
        yield process, int(found[2])
    finally:
        process.kill()
        process.communicate()


def study_of(port):
    """What the page at a port knows."""
    status, _, page = request(port, "GET", "/")
    assert status == 200
    return json.loads(re.search(rb'<script type="application/json" id="study">(.*?)</script>', page, re.DOTALL)[1])
