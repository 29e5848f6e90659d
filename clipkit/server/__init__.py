"""The clips API over HTTP, on one's own machine; needs the extra ``server``."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from clipkit.errors import MissingExtra

if TYPE_CHECKING:
    from clipkit.server.app import create_app as create_app
    from clipkit.server.app import install as install
    from clipkit.server.app import router as router
    from clipkit.server.key_ring import KeyRing as KeyRing
    from clipkit.server.service import Service as Service
    from clipkit.server.serving import listen as listen
    from clipkit.server.serving import serve as serve
    from clipkit.server.settings import Settings as Settings
    from clipkit.server.settings import is_loopback as is_loopback
    from clipkit.server.tokens import TokenRules as TokenRules
    from clipkit.server.work.worker import Worker as Worker

_HOMES = {
    "KeyRing": "clipkit.server.key_ring",
    "Service": "clipkit.server.service",
    "Settings": "clipkit.server.settings",
    "TokenRules": "clipkit.server.tokens",
    "Worker": "clipkit.server.work.worker",
    "create_app": "clipkit.server.app",
    "install": "clipkit.server.app",
    "is_loopback": "clipkit.server.settings",
    "listen": "clipkit.server.serving",
    "router": "clipkit.server.app",
    "serve": "clipkit.server.serving",
}

__all__ = [*_HOMES]  # noqa: PLE0604 - the table is the one list of public names


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'clipkit.server' has no attribute {name!r}")
    try:
        value = getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "cannot serve the clips API",
            f"the package {error.name} is not installed",
            'Run: pip install "clipkit[server]"',
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
