"""A server on loopback that speaks the Open Inference Protocol v2, and misbehaves when it is told to."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import numpy as np


@contextmanager
def model_server():
    """Serve a model whose logit is ten times the mean of a picture less 0.35.

    Yields
    ------
    SimpleNamespace
        `url`; `requests`: path, authorization and body of each; `shift`: added to the logits; `faults`: functions that
        are called once each, in turn, with the handler of a request, and return whether they answered it; `busiest`:
        the largest number of requests at the same time.
    """
    state = SimpleNamespace(faults=[], requests=[], shift=0.0, busy=0, busiest=0)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append((self.path, self.headers.get("Authorization"), body))
            state.busy += 1
            state.busiest = max(state.busiest, state.busy)
            fault = state.faults.pop(0) if state.faults else None
            try:
                if fault is None or not fault(self):
                    (asked,) = body["inputs"]
                    pixels = np.reshape(asked["data"], (asked["shape"][0], -1))
                    logits = 10 * (pixels.mean(axis=1) - 0.35) + state.shift
                    answer = {"name": "logit", "shape": [len(logits), 1], "datatype": "FP32", "data": logits.tolist()}
                    self.say(json.dumps({"model_name": "mine", "outputs": [answer]}).encode())
            finally:
                state.busy -= 1

        def say(self, body, status=200):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return True

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        state.url = f"http://127.0.0.1:{http.server_port}/v2/models/mine"
        yield state
        http.shutdown()
