"""A service on a port of this machine, with a worker beside it."""

import gc
import logging
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network
from types import FrameType

import uvicorn

from clipkit.errors import OptionError
from clipkit.server.app import create_app
from clipkit.server.protocol import LimitedProtocol
from clipkit.server.settings import Settings

_LEAVE_S = 45.0
"""A worker that is told to stop may take so long."""

_RESTARTS_S = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Pauses before a worker that ended by itself is started again; the last one from then on."""

_STEADY_S = 60.0
"""A worker that ran for so long was no failed start."""

_log = logging.getLogger(__name__)


@contextmanager
def listen(host: str, port: int) -> Iterator[socket.socket]:
    """Yield a socket that is bound to an address.

    Raises:
        OptionError: It cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise OptionError(
                f"cannot listen on {host}, port {port}", reason, "Choose another --port."
            ) from error
        yield sock


def serve(
    settings: Settings,
    sock: socket.socket,
    worker: Sequence[str] | None,
    tell: Callable[[], None] = lambda: None,
    proxies: Sequence[str] = (),
) -> None:
    """Serve the clips API until SIGTERM or Ctrl-C.

    Args:
        settings: Of the service.
        sock: Where to listen.
        worker: The command of the worker, which is started again whenever it ends; None: no worker.
        tell: Called once clients are answered.
        proxies: Addresses and networks of proxies that are believed whom they ask for.
    """
    server = _Server(
        uvicorn.Config(
            create_app(settings),
            http=LimitedProtocol,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=[*proxies, *(_mapped(proxy) for proxy in proxies)],
        ),
        tell,
    )
    if worker is None:
        server.run(sockets=[sock])
    else:
        with _kept_alive(worker):
            server.run(sockets=[sock])


def _mapped(proxy: str) -> str:
    """Return how a socket that listens to IPv6 as well calls an address or network of IPv4."""
    network = ip_network(proxy)
    if network.version == 6:
        return proxy
    return f"::ffff:{network.network_address}/{96 + network.prefixlen}"


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, tell: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        # A hundred thousand objects of the packages, looked through again and again for what is
        # of no use any more, made every hundredth answer wait a tenth of a second.
        gc.collect()
        gc.freeze()
        self._tell()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGTERM and Ctrl-C, and go on with what follows the serving after that."""

        def stop(number: int, frame: FrameType | None) -> None:
            self.handle_exit(number, frame)

        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def _kept_alive(command: Sequence[str]) -> Iterator[None]:
    """Run a process within the block, again whenever it ends.

    It gets a pipe as its input: if this process dies, the pipe's end tells it to end as well.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_keep_alive, args=(command, ended), name="clipkit-keeper")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _keep_alive(command: Sequence[str], ended: threading.Event) -> None:
    failures = 0
    while not ended.is_set():
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            ran_s = _wait(process, ended)
            if process.returncode is None:
                process.terminate()
                try:
                    process.wait(_LEAVE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
        if not ended.is_set():
            failures = 0 if ran_s > _STEADY_S else failures + 1
            pause_s = _RESTARTS_S[min(failures, len(_RESTARTS_S)) - 1] if failures else 0.0
            _log.error(
                "the worker ended with code %s; a new one starts in %g s",
                process.returncode,
                pause_s,
            )
            ended.wait(pause_s)


def _wait(process: "subprocess.Popen[bytes]", ended: threading.Event) -> float:
    """Wait until a process ends, or is to be ended; return how long that took, in seconds."""
    waited_s = 0.0
    while not ended.wait(0.2):
        waited_s += 0.2
        if process.poll() is not None:
            break
    return waited_s
