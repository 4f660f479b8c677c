"""A message that only one browser can read, as RFC 8291 has it byte for byte, and the statement of
who sent it.
"""

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from console.outside import web_push
from console.outside.web_push import BadSubscription, PushSubscription

# RFC 8291, section 5 and appendix A
PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
OWN = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
    "lcy4a-fN"
)
WORDS = b"When I grow up, I want to be a watermelon"
ENDPOINT = "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"
BROWSER = PushSubscription(ENDPOINT, PUBLIC, AUTH)
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def private() -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(web_push.unpacked(OWN), "big")
    return ec.derive_private_key(number, ec.SECP256R1())


def said(**changes: object) -> str:
    keys = {"p256dh": PUBLIC, "auth": AUTH}
    return json.dumps({"endpoint": ENDPOINT, "keys": keys, "expirationTime": None, **changes})


def test_the_message_of_the_standard_is_sealed_as_the_standard_has_it() -> None:
    made = web_push.sealed(WORDS, BROWSER, own=private(), salt=web_push.unpacked(SALT))
    assert web_push.packed(made) == SEALED


def test_the_longest_message_fills_one_record_and_a_longer_one_is_refused() -> None:
    made = web_push.sealed(b"x" * web_push.MOST, BROWSER, own=private(), salt=bytes(16))
    assert len(made) == web_push.RECORD
    with pytest.raises(ValueError, match="too long"):
        web_push.sealed(b"x" * (web_push.MOST + 1), BROWSER, own=private(), salt=bytes(16))


def test_the_statement_names_the_service_and_the_time_and_is_signed() -> None:
    header = web_push.statement(
        "https://push.example.net:8443/p?x=1", key=private(), contact="mailto:a@b.example", at=AT
    )
    token, key = header.removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    assert json.loads(web_push.unpacked(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(web_push.unpacked(claims)) == {
        "aud": "https://push.example.net:8443",
        "exp": int(AT.timestamp()) + 12 * 3600,
        "sub": "mailto:a@b.example",
    }
    octets = web_push.unpacked(signature)
    pair = (int.from_bytes(octets[:32], "big"), int.from_bytes(octets[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), web_push.unpacked(key))
    public.verify(
        utils.encode_dss_signature(*pair), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256())
    )


def test_what_a_browser_says_of_itself_is_read() -> None:
    assert web_push.subscription(said()) == BROWSER


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        said(keys={}),
        said(keys=None),
        said(keys={"p256dh": PUBLIC, "auth": "AAAA"}),
        said(keys={"p256dh": AUTH, "auth": AUTH}),
        said(keys={"p256dh": PUBLIC[:-4] + "AAAA", "auth": AUTH}),
        said(keys={"p256dh": "Ã", "auth": AUTH}),
        said(endpoint=ENDPOINT + "x" * 1_000),
        said(endpoint=ENDPOINT + "\x00"),
        said(endpoint=ENDPOINT + "\ud800"),
        said(endpoint=ENDPOINT + "é"),
        said(endpoint=7),
        said(keys={"p256dh": PUBLIC, "auth": 7}),
        said(keys={"p256dh": PUBLIC, "auth": AUTH + "\x00"}),
        said(keys={"p256dh": "\x00" + PUBLIC, "auth": AUTH}),
        "[" * 100_000,
    ],
)
def test_what_is_no_subscription_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadSubscription, match="no address that a browser"):
        web_push.subscription(text)
