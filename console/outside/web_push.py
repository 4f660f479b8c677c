"""Messages to browsers by Web Push: what a browser says of where it can be reached, a message that
only it can read, and the statement of who sent it. Pure; keys, salt and time are given.

Encryption is RFC 8291 (`aes128gcm` of RFC 8188, one record), the statement VAPID (RFC 8292). The
service in between, which the browser's maker runs, sees neither words nor links.
"""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD: Final = 4_096
"""Bytes of the one record: a service need not take a longer message."""
MOST: Final = RECORD - 86 - 16 - 1
"""Bytes that a message may have: a record less its header, its tag and the mark of its end."""
LASTS: Final = timedelta(hours=12)
LEGIBLE: Final = re.compile(r"[!-~]{1,1000}")
"""An endpoint: ASCII that can be seen, as an address is written where it is sent."""
OCTETS: Final = re.compile(r"[A-Za-z0-9_-]*={0,2}")
"""Base64url, and nothing beside it: the decoder would leave out what is foreign."""
UNREADABLE: Final = "This is no address that a browser can be reached at."


class BadSubscription(ValueError):
    """What a browser is said to have sent is no subscription; the text says why, for a person."""


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """Where one browser can be reached, and the keys that only it can read by: `p256dh` is its
    public key, `auth` a secret that it shares with us, both base64url.
    """

    endpoint: str
    p256dh: str
    auth: str

    @property
    def mark(self) -> str:
        """Stands for the browser where its address must not be told."""
        return hashlib.sha256(self.endpoint.encode()).hexdigest()[:20]


def subscription(text: str) -> PushSubscription:
    """What `PushSubscription.toJSON()` of a browser says. Raises BadSubscription."""
    try:
        said = json.loads(text)
        keys = said["keys"]
        made = PushSubscription(said["endpoint"], keys["p256dh"], keys["auth"])
        _public(made.p256dh)
        sound = LEGIBLE.fullmatch(made.endpoint) and len(unpacked(made.auth)) == 16
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadSubscription(UNREADABLE) from error
    if not sound:
        raise BadSubscription(UNREADABLE)
    return made


def sealed(
    message: bytes, to: PushSubscription, *, own: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """The message as only this browser can read it. `own` is a P-256 key and `salt` are 16 bytes,
    both made for this one message. Raises ValueError for more than `MOST` bytes.
    """
    if len(message) > MOST:
        raise ValueError(f"a message of {len(message)} bytes is too long")
    theirs, ours = unpacked(to.p256dh), point(own.public_key())
    shared = own.exchange(ec.ECDH(), _public(to.p256dh))
    both = b"WebPush: info\0" + theirs + ours
    secret = _derived(shared, salt=unpacked(to.auth), info=both, length=32)
    key = _derived(secret, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derived(secret, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    head = salt + RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + AESGCM(key).encrypt(nonce, message + b"\x02", None)


def statement(endpoint: str, *, key: ec.EllipticCurvePrivateKey, contact: str, at: datetime) -> str:
    """The `Authorization` header: who sends, to which service, until when. `contact` is a mailto:
    or https: address that the service's people may turn to.
    """
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((at + LASTS).timestamp()),
        "sub": contact,
    }
    signed = ".".join(packed(json.dumps(each).encode()) for each in (TOKEN, claims))
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = packed(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={packed(point(key.public_key()))}"


TOKEN: Final = {"typ": "JWT", "alg": "ES256"}


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as browsers write it: 65 bytes, uncompressed."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def packed(octets: bytes) -> str:
    """Base64url without padding, as all of Web Push writes bytes."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    if not OCTETS.fullmatch(text):
        raise BadSubscription(UNREADABLE)
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise BadSubscription(UNREADABLE) from error


def _public(text: str) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpacked(text))


def _derived(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
