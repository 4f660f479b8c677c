"""Pages are rendered without raw HTML, without anything inline, and with anchors to point at."""

import pytest

from console.docs import contents, markdown, writing


def test_raw_html_is_shown_and_not_passed_on() -> None:
    html = markdown.rendered("before <script>alert(1)</script>\n\n<img src=x onerror=y>").html
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


def test_an_address_that_runs_something_is_no_link() -> None:
    assert "<a" not in markdown.rendered("[press](javascript:alert(1))").html


def test_a_table_that_aligns_its_columns_brings_no_style() -> None:
    html = markdown.rendered("| a | b |\n| :- | -: |\n| 1 | 2 |").html
    assert "style=" not in html
    assert '<div class="doc-table"><table>' in html


def test_headings_have_anchors_and_two_of_the_same_words_are_told_apart() -> None:
    found = markdown.rendered("# Title\n\n## How `run.paused` goes\n\n### Deep\n\n## Deep")
    assert found.title == "Title"
    assert [(each.anchor, each.text, each.deep) for each in found.headings] == [
        ("how-run-paused-goes", "How run.paused goes", False),
        ("deep", "Deep", True),
        ("deep-2", "Deep", False),
    ]
    assert '<h2 id="how-run-paused-goes">' in found.html
    assert "Title" not in found.html


def test_a_link_to_another_file_leads_to_its_page() -> None:
    html = markdown.rendered("[one](journal-format.md) [two](events.md#run-paused)").html
    assert 'href="/docs/journal-format/"' in html
    assert 'href="/docs/events/#run-paused"' in html


def test_a_type_with_a_bar_stays_in_its_cell() -> None:
    html = markdown.rendered(writing.table(("a", "b"), [("`int | None`", "c")])).html
    assert "<td><code>int | None</code></td>" in html


def test_a_part_that_nobody_draws_is_an_error_and_no_empty_place() -> None:
    with pytest.raises(KeyError):
        contents.drawn("%% nothing")
