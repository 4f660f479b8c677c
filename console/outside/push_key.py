"""The key by which push services know this console: a file that only its owner reads, made once.

Browsers are switched on for one key. With another one (the file was removed, or machines have
different files) each has to be switched on again.
"""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from console.outside import web_push
from console.written_once import written_once

CURVE = ec.SECP256R1()


def key() -> ec.EllipticCurvePrivateKey:
    """The private key, which is made when there is none."""
    path = Path(settings.PUSH_KEY)
    text = path.read_bytes() if path.exists() else _made(path)
    found = serialization.load_pem_private_key(text, None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} is no key of the curve P-256")
    return found


def public() -> str:
    """What browsers are given: the public key, base64url."""
    return web_push.packed(web_push.point(key().public_key()))


def _made(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = ec.generate_private_key(CURVE).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return written_once(path, text)
