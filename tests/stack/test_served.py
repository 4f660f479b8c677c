"""What the web server gives to anybody: files, health, and no page."""

from pathlib import Path

import pytest
from django.test import Client, RequestFactory
from whitenoise.responders import StaticFile

from console.pages.static import StaticFiles

pytestmark = pytest.mark.django_db


def test_static_files_need_no_sign_in_and_no_collecting() -> None:
    answer = Client().get("/static/favicon.svg")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg")


def test_a_static_file_that_did_not_change_is_not_sent_again() -> None:
    first = Client().get("/static/favicon.svg")
    again = Client().get("/static/favicon.svg", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_a_static_file_that_changed_under_the_server_is_sent_whole(tmp_path: Path) -> None:
    file = tmp_path / "some.css"
    file.write_text("a { color: red }")
    known = StaticFile(str(file), [("Content-Type", "text/css")])
    file.write_text("a {}")
    answer = StaticFiles.serve(known, RequestFactory().get("/static/some.css"))
    assert (answer.content, answer["Content-Length"]) == (b"a {}", "4")


def test_pages_lead_a_stranger_to_the_door() -> None:
    for path in ("/", "/health/", "/audit/", "/runs/start/"):
        answer = Client().get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/signin/?next={path}")


def test_no_inline_script_or_style_is_allowed_anywhere() -> None:
    policy = Client().get("/signin/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_health_page_says_when_no_worker_answers(admin_client: Client) -> None:
    page = admin_client.get("/health/").content.decode()
    assert "nobody answers" in page
    assert "Not well" in page
