"""A push service and a browser behind it, made by the test: what is sent to it is decrypted as RFC
8291 says, and the statement of who sent it is checked.
"""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from console.outside import push_key
from console.outside.web_push import packed, point, unpacked
from tests.patience import ended

CURVE = ec.SECP256R1()


@dataclass
class PushService:
    """Where the browser is reached, what came for it, and what is answered next."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(CURVE)
    )
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    def subscription(self, browser: str = "one") -> str:
        """What one browser says of itself. All of a test's read by the same keys."""
        keys = {"p256dh": packed(point(self.private.public_key())), "auth": packed(self.auth)}
        return json.dumps({"endpoint": f"{self.url}/{browser}", "keys": keys})

    def told(self) -> list[dict[str, str]]:
        """What the browser would show, of all that came. Fails for a message nobody signed."""
        for headers, _ in self.posts:
            self.check(headers)
        return [json.loads(self.opened(body)) for _, body in self.posts]

    def opened(self, body: bytes) -> bytes:
        salt, theirs = body[:16], body[21 : 21 + body[20]]
        sender = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs)
        both = b"WebPush: info\0" + point(self.private.public_key()) + theirs
        secret = derived(self.private.exchange(ec.ECDH(), sender), self.auth, both, 32)
        key = derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derived(secret, salt, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, body[21 + body[20] :], None)
        return plain.rstrip(b"\0").removesuffix(b"\x02")

    def check(self, headers: dict[str, str]) -> None:
        assert headers["Content-Encoding"] == "aes128gcm"
        assert int(headers["TTL"]) > 0
        token, key = headers["Authorization"].removeprefix("vapid t=").split(", k=")
        head, claims, signature = token.split(".")
        assert json.loads(unpacked(claims))["aud"] == self.url
        assert key == push_key.public()
        octets = unpacked(signature)
        pair = (int.from_bytes(octets[:32], "big"), int.from_bytes(octets[32:], "big"))
        public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unpacked(key))
        signed = f"{head}.{claims}".encode()
        public.verify(utils.encode_dss_signature(*pair), signed, ec.ECDSA(hashes.SHA256()))


def derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


@contextmanager
def serving() -> Iterator[PushService]:
    service = PushService()

    class Listens(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.posts.append((dict(self.headers), body))
            self.send_response(service.answers.pop(0) if service.answers else 201)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Listens)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield service
    server.shutdown()
    server.server_close()
    ended(thread)
