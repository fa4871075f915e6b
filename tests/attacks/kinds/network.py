"""Reaching out by every kind of socket. Loopback only: nothing leaves the machine."""

from __future__ import annotations

from tests.attacks.attack import Attack
from tests.attacks.kinds.reading import _function

RAW = ("net_raw",)
BODIES: dict[str, str | tuple[str, tuple[str, ...]]] = {
    "tcp": "socket.create_connection(('127.0.0.1', facts['tcp'])).send(b'x')",
    "udp": """
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', facts['udp']))
        """,
    "a name server's question": """
        question = struct.pack('>6H', 1, 256, 1, 0, 0, 0) + b'\\x06secret\\x03org\\0\\0\\1\\0\\1'
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(question, ('127.0.0.1', facts['udp']))
        """,
    "a name looked up": "return 'REACHED' if socket.getaddrinfo('localhost', 80) else None",
    "abstract unix socket": "socket.socket(socket.AF_UNIX).connect(facts['abstract'])",
    "unix socket": "socket.socket(socket.AF_UNIX).connect(facts['path'])",
    "socket by its number": """
        fd = call(41, 2, 1, 0)
        call(42, fd, struct.pack('<H', 2) + struct.pack('>H', facts['tcp']) + bytes(
            (127, 0, 0, 1)) + bytes(8), 16)
        """,
    "a page by urllib": """
        import urllib.request
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{facts['tcp']}/", timeout=0.2)
        except OSError:
            pass
        """,
    "a stream by asyncio": """
        import asyncio
        async def reach():
            await asyncio.open_connection('127.0.0.1', facts['tcp'])
        asyncio.run(reach())
        """,
    "a server of its own": """
        with socket.create_server(('127.0.0.1', 0)) as server:
            return 'REACHED' if server.getsockname()[1] else None
        """,
    "netlink": """
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
            s.bind((0, 0))
            return 'REACHED'
        """,
    "raw socket": (
        "socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP); return 'REACHED'",
        RAW,
    ),
    "packet socket": ("socket.socket(17, socket.SOCK_RAW); return 'REACHED'", RAW),
    "a pair of sockets": "socket.socketpair(); return 'REACHED'",
    "an inherited socket": """
        for fd in range(3, 256):
            try:
                os.write(fd, b'x')
            except OSError:
                continue
        """,
    "a new network": "os.unshare(0x10000000 | 0x40000000) if hasattr(os, 'unshare') else "
    "call(272, 0x10000000 | 0x40000000); return 'REACHED'",
}


def _attack(name: str, body: str | tuple[str, tuple[str, ...]]) -> Attack:
    body, capabilities = (body, ()) if isinstance(body, str) else body
    return Attack(name, "network", _function(body), capabilities=capabilities)


ATTACKS = [_attack(name, body) for name, body in BODIES.items()]
