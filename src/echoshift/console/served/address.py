"""Where the page is served: a socket, the address that people open, and the names that requests may use for it."""

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from echoshift.errors import EchoShiftError

WAITING = 64
"""Connections that may wait to be accepted."""


class Place:
    """An address at which this process listens from now on. Browsers wait while the page is made.

    Parameters
    ----------
    host : str
        Name or IP address.
    port : int
        0: a free one.
    allow_remote : bool
        Whether others may reach it. Otherwise it must be a loopback address.

    Attributes
    ----------
    listener : socket
    address : str
        What people open.

    Raises
    ------
    EchoShiftError
        One line, if the address is not this machine's, is taken, or is not loopback without `allow_remote`.
    """

    def __init__(self, host: str, port: int, allow_remote: bool) -> None:
        try:
            family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        except (OSError, UnicodeError):
            raise EchoShiftError(f"--host: found {host!r}, expected an address of this machine") from None
        found = ip_address(where[0])
        if not (found.is_loopback or allow_remote):
            raise EchoShiftError(
                f"--host: found {host!r}, which others can reach, expected 127.0.0.1 (or --allow-remote as well)"
            )
        # Without the protocol, asyncio would leave Nagle's algorithm on: each answer would take 40 ms more.
        self.listener = socket.socket(family, kind, protocol)
        try:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(where)
            self.listener.listen(WAITING)
        except OSError as error:
            self.listener.close()
            raise EchoShiftError(
                f"--host, --port: found {host} {port}, which cannot be used ({error.strerror}), "
                "expected another (--port 0 is a free one)"
            ) from None
        self._port, self._is_remote = self.listener.getsockname()[1], not found.is_loopback
        self._names = {"localhost", host.lower()} | ({socket.gethostname().lower()} if self._is_remote else set())
        shown = socket.gethostname() if found.is_unspecified else f"[{found}]" if found.version == 6 else str(found)
        self.address = f"http://{shown}:{self._port}/"

    def is_own(self, host: str) -> bool:
        """Whether the value of a request's `Host` names this server.

        A page whose name suddenly resolves to this machine (DNS rebinding) has that name in its `Host`. An IP address is
        in nobody's DNS, so any will do if others may reach this one.
        """
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port or 80
        except ValueError:
            return False
        if parts.netloc != host or "@" in host or port != self._port:
            return False
        try:
            return ip_address(name).is_loopback or self._is_remote
        except ValueError:
            return name in self._names
