"""Known secrets are found in whatever form they come and wherever they stand, in time that grows
with the text and no faster.
"""

import base64
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.outside import variables
from console.outside.masking import Mask, forms

KEY = 'sk-test/9+ä"q&x-0123456789'
MASK = Mask({KEY: "THE_KEY"})

WRITTEN = [
    KEY,
    quote(KEY),
    quote(KEY, safe=""),
    quote_plus(KEY),
    quote(KEY, safe="").lower().replace("sk-test", "sk-test"),
    json.dumps(KEY)[1:-1],
    json.dumps(KEY, ensure_ascii=False)[1:-1],
    KEY.replace("&", "&amp;").replace('"', "&quot;"),
    KEY.encode().hex(),
    base64.b64encode(KEY.encode()).decode(),
    base64.urlsafe_b64encode(KEY.encode()).decode(),
]


@pytest.mark.parametrize("form", WRITTEN)
def test_a_secret_is_masked_in_whatever_way_it_is_written(form: str) -> None:
    shown = MASK.text(f"before {form} after")
    assert "[THE_KEY]" in shown
    assert form not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize("user", ["", "a", "ab", "abc", "user:"])
def test_base64_of_a_longer_text_keeps_no_more_than_the_edge_of_a_secret(user: str) -> None:
    basic = base64.b64encode(f"{user}{KEY}!".encode()).decode()
    shown = MASK.text(f"Authorization: Basic {basic}")
    assert "[THE_KEY]" in shown
    assert len(shown) < len(basic)


def test_it_is_masked_in_names_of_fields_and_at_any_depth_and_everything_else_stays() -> None:
    value = {"a": [{"b": (f"x {KEY} y", 1, None, True, 2.5)}], KEY: 1, "n": 2}
    assert MASK.json(value) == {
        "a": [{"b": ["x [THE_KEY] y", 1, None, True, 2.5]}],
        "[THE_KEY]": 1,
        "n": 2,
    }


def test_what_holds_no_secret_is_handed_back_as_it_is() -> None:
    value = {"a": ["nothing", 1]}
    assert MASK.json(value) is value


def test_a_secret_that_runs_on_from_one_part_into_the_next_is_masked_too() -> None:
    parts = [{"text": f"it is {KEY[:9]}"}, {"text": KEY[9:20]}, {"text": f"{KEY[20:]} indeed"}]
    assert MASK.json(parts) == [{"text": "it is [THE_KEY]"}, {"text": ""}, {"text": " indeed"}]


def test_a_secret_within_a_longer_secret_does_not_uncover_it() -> None:
    assert (
        Mask({"abcdef": "SHORT", "abcdef-ghi": "LONG"}).text("abcdef-ghi abcdef")
        == "[LONG] [SHORT]"
    )


def test_short_values_are_no_secrets() -> None:
    assert not Mask({"1": "FLAG"})


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer  ", "Token ", "ApiKey "])
def test_a_token_is_masked_without_the_scheme_that_it_is_sent_with(scheme: str) -> None:
    mask = Mask({f"{scheme}{KEY}": "SHOP_API_KEY"})
    assert mask.text(f"no such token: {KEY}") == "no such token: [SHOP_API_KEY]"
    assert mask.text(f"{scheme}{KEY}") == "[SHOP_API_KEY]"
    assert mask.text(f"Bearer {KEY}").endswith("[SHOP_API_KEY]")


def test_behind_basic_stand_a_name_and_a_password() -> None:
    mask = Mask({f"Basic {base64.b64encode(b'me:open-sesame').decode()}": "SHOP_API_KEY"})
    assert mask.text("me:open-sesame is wrong") == "[SHOP_API_KEY] is wrong"
    assert mask.text("the password open-sesame is wrong") == "the password [SHOP_API_KEY] is wrong"


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "two words", "Basic no-base64!", "Basic /w=="]
)
def test_what_is_no_header_is_a_secret_as_a_whole(value: str) -> None:
    assert Mask({f"{value}-and-more": "IT"}).text(f"x {value}-and-more y") == "x [IT] y"
    assert Mask({value: "IT"}).text("words that say nothing") == "words that say nothing"


def test_each_long_line_of_a_secret_of_many_lines_is_one() -> None:
    mask = Mask({"-----BEGIN-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\n-----END-----": "PEM_KEY"})
    assert mask.text("got MIIEvQIBADANBgkqhkiG9w0BAQEF") == "got [PEM_KEY]"


def test_forty_megabytes_are_masked_in_no_time_to_speak_of() -> None:
    secrets = {f"sk-{number:030d}": f"KEY_{number}" for number in range(10)}
    mask, text = Mask(secrets), "The quick brown fox jumps over sk-0. " * 1_100_000
    began = time.process_time()
    assert mask.json({"result": text + f"sk-{3:030d}", "pieces": list(KEY * 1_000)})[
        "result"
    ].endswith("[KEY_3]")
    assert time.process_time() - began < 5


def test_secrets_are_known_by_the_names_of_their_variables() -> None:
    environment = {
        "OPENAI_API_KEY": "sk-12345678",
        "GH_TOKEN": "ghp_12345678",
        "AWS_SECRET_ACCESS_KEY": "aws-12345678",
        "DB_PASSWORD": "pa-12345678",
        "DATABASE_URL": "postgresql://u:p@h/db",
        "MINE": "listed-value",
        "SIGNALBOX_HANDS_ON": "MINE",
        "PATH": "/usr/bin:/bin",
        "MODE_KEY": "short",
    }
    assert set(variables.secrets(environment).values()) == {
        "OPENAI_API_KEY",
        "GH_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "DB_PASSWORD",
        "DATABASE_URL",
        "MINE",
    }


SECRETS = ["hunter2!", "hunter2!-long/er", 'p"ss&w rd', "aaaaaa", "a\nb\ncdefgh", "häm+mer=9"]
PIECES = st.one_of(
    st.sampled_from(sorted({form for secret in SECRETS for form in forms(secret)})),
    st.sampled_from([secret[:cut] for secret in SECRETS for cut in (2, 4, 5)]),
    st.text("a2!\n é", max_size=4),
)
TEXTS = st.lists(PIECES, max_size=4).map("".join)
VALUES = st.recursive(
    st.one_of(TEXTS, st.none(), st.integers(), st.booleans()),
    lambda each: st.one_of(st.lists(each, max_size=3), st.dictionaries(TEXTS, each, max_size=3)),
    max_leaves=6,
)


def every_form(secrets: list[str]) -> list[str]:
    return sorted({form for secret in secrets for form in forms(secret)}, key=len)


@given(secrets=st.lists(st.sampled_from(SECRETS), min_size=1, unique=True), text=TEXTS)
def test_whatever_a_text_is_made_of_each_form_in_it_is_replaced_the_longest_first(
    secrets: list[str], text: str
) -> None:
    mask = Mask(dict.fromkeys(secrets, "#"))
    plain = text
    for form in [form for form in mask._names if form in text]:
        plain = plain.replace(form, "[#]")
    assert set(mask._names) == set(every_form(secrets))
    assert mask.text(text) == plain


@given(secrets=st.lists(st.sampled_from(SECRETS), min_size=1, unique=True), value=VALUES)
def test_whatever_a_value_is_made_of_no_secret_is_left_in_its_texts_and_names_taken_together(
    secrets: list[str], value: object
) -> None:
    masked = Mask(dict.fromkeys(secrets, "#")).json(value)
    texts, names = written(masked)
    before, called = written(value)
    known = every_form(secrets)
    assert not [form for form in known for each in (*texts, *names) if form in each]
    if not [form for form in known for each in ("".join(before), *called) if form in each]:
        assert masked == value


def written(value: object) -> tuple[list[str], list[str]]:
    """The texts of a value and the names of its fields, gathered without any haste."""
    if isinstance(value, str):
        return [value], []
    inner = (
        list(value.values())
        if isinstance(value, dict)
        else value
        if isinstance(value, list)
        else []
    )
    texts = [text for each in inner for text in written(each)[0]]
    names = [name for each in inner for name in written(each)[1]]
    return texts, [*names, *map(str, value)] if isinstance(value, dict) else names
