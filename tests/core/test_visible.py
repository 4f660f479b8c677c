"""What cannot be seen is written out, what people write every day stays readable, and what a page
shows comes back as it was.
"""

import sys
import unicodedata

import pytest

from console.outside import visible

HIDDEN = [
    *(
        "\x00\x07\x1b\x7f\x85\xad\u061c\u200b\u200e\u200f"
        "\u2028\u202a\u202e\u2060\u2066\u2069"
        "\u0336\u0489\u20dd\u20e5"
        "\ufeff\u3164\u115f\u2800\ue000\ufe00\U000e0041\U000e0101\u0378"
    )
]


@pytest.mark.parametrize("character", HIDDEN, ids=lambda each: f"U+{ord(each):04X}")
def test_a_character_that_cannot_be_seen_is_written_out(character: str) -> None:
    assert visible.seen(f"a{character}b") == f"a⟨U+{ord(character):04X}⟩b"


def test_no_control_format_private_or_unassigned_character_is_left_out() -> None:
    passed = [
        chr(code) for code in range(sys.maxunicode + 1) if visible.seen(chr(code)) == chr(code)
    ]
    assert not [
        each
        for each in passed
        if unicodedata.category(each) in {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}
        and each not in "\n\t"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Grüße, 100 € für Zoë — “ok”…",
        "two\nlines\tand a tab",
        "سلام، می‌خواهم",
        "שלום עולם",
        "नहीं क्‍ष",
        "日本語のテキスト 中文 한국어",
        "👩🏽‍💻 👨‍👩‍👧 ❤️‍🔥 1️⃣ ✔️ ↔️ 👁️‍🗨️",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "Иван Петров из Москвы",
        "a =\u0338 b, x ∈\u0338 M, v\u20d7, e\u0301, 1️⃣",
    ],
)
def test_what_people_write_every_day_stays_as_it_is(text: str) -> None:
    assert visible.seen(text) == text
    assert visible.told(text.replace("\n", " ").replace("\t", " ")) == text.replace(
        "\n", " "
    ).replace("\t", " ")


@pytest.mark.parametrize(
    "text",
    [
        "a\u200db",
        "1\u200d2",
        "x\ufe0f",
        "😀\ufe0f\ufe0f",
        "😀\u200d",
        "\U0001f3f4\U000e0041",
        "a\U000e0067",
        "$1\u03380\u03380",
        "alice\u0338@example.com",
    ],
)
def test_joiners_selectors_and_tags_out_of_their_place_are_hidden_text(text: str) -> None:
    assert "⟨U+" in visible.seen(text)


def test_line_ends_of_windows_are_line_ends_and_a_lone_return_is_none() -> None:
    assert visible.seen("one\r\ntwo\rthree") == "one\ntwo⟨U+000D⟩three"


def test_one_line_stays_one_line() -> None:
    assert visible.line("a\nb\r\nc\td") == "a⟨U+000A⟩b⟨U+000A⟩c⟨U+0009⟩d"


@pytest.mark.parametrize(
    "text",
    [
        "a\u202eb",
        "⟨U+202E⟩",
        "⟨U+27E8⟩U+202E⟩",
        "⟨⟨U+0041⟩",
        "plain",
        "x\x1b\ue000⟨U+FFFFFFF⟩",
        "⟨U+0041⟩",
        "9\u03369",
    ],
)
def test_what_a_page_shows_comes_back_as_the_very_same_text(text: str) -> None:
    shown = visible.quoted(text)
    assert visible.unquoted(shown) == text
    assert visible.seen(shown) == shown
    assert visible.differs(text) == (shown != text)


@pytest.mark.parametrize(
    ("text", "scripts"),
    [
        ("аnna@example.com", "Cyrillic"),
        ("pay to pаypal now", "Cyrillic"),
        ("https://аррӏе.com/x", "Cyrillic"),
        ("gοogle.com", "Greek"),
        ("ｅvil.com", "Fullwidth"),
    ],
)
def test_an_address_or_a_name_of_mixed_scripts_says_so(text: str, scripts: str) -> None:
    assert f"⟨holds {scripts} letters⟩" in visible.told(text)


@pytest.mark.parametrize(
    "text",
    [
        "pay@exampⅼe.com",
        "ɡoogle.com",
        "exɑmple.com",
        "mıcrosoft.com",
        "ceo@bank․com",
        "https://bank.com∕login@evil.net",
        "https://bank.com⁄login.evil.net",
        "anna＠example.com",
        "bank。com",
        "oﬃce.com",
    ],
)
def test_an_address_with_signs_that_pose_as_others_says_so(text: str) -> None:
    assert visible.told(text) == f"{text} ⟨holds look-alike letters⟩"


@pytest.mark.parametrize(
    "text",
    [
        "9.8m/s²",
        "3.5×10⁻³",
        "n.º",
        "№5.3",
        "see example.com…",
        "Acme.com™",
        "½",
        "/ɡoʊ/",
        "和訳。以上",
        "straße@example.de",
        "łódź.pl",
    ],
)
def test_signs_in_what_is_no_address_are_not_remarked_upon(text: str) -> None:
    assert visible.told(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Excel表",
        "ΔT and β-carotene",
        "IT-отдел",
        "5 µm",
        "anna@example.com",
        "иван",
        "Zoë@example.com",
    ],
)
def test_ordinary_words_are_not_remarked_upon(text: str) -> None:
    assert visible.told(text) == text
