"""What the web server gives to anybody: files, health, and no page."""

import gzip
import html
import re
from pathlib import Path

import pytest
from django.templatetags.static import static
from django.test import Client, RequestFactory
from whitenoise.responders import StaticFile

from console.pages import assets
from console.pages.static import StaticFiles

pytestmark = pytest.mark.django_db
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
LATER = re.compile(r' (?:defer|async|type="module")[ >]')


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


def test_a_file_of_this_release_is_kept_for_good_and_sent_packed() -> None:
    path = static("js/fleet.js")
    packed = Client().get(path, headers={"accept-encoding": "gzip"})
    whole = Client().get(path)
    assert packed["Cache-Control"] == "public, max-age=31536000, immutable"
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == whole.content
    assert len(packed.content) < len(whole.content) / 2
    assert b"import " not in re.sub(rb"//.*", b"", whole.content)


def test_styles_are_one_file() -> None:
    answer = Client().get(static("css/console.css"))
    assert b"@import" not in answer.content
    assert b".frame {" in answer.content


def test_a_page_of_another_release_gets_its_files_and_keeps_them_shortly() -> None:
    path = re.sub(r"/r-[0-9a-f]{12}/", "/r-000000000000/", static("css/console.css"))
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize("name", ["js/nothing.js", "../manage.py", "js/%2e%2e/%2e%2e/manage.py"])
def test_what_is_no_file_of_the_release_is_not_served(name: str) -> None:
    path = static("js/fleet.js").replace("js/fleet.js", name)
    assert b"django" not in Client().get(path).content.lower()


def test_pages_are_sent_packed() -> None:
    answer = Client().get("/signin/", headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"


def test_the_admin_names_one_file_of_each_kind_beside_the_consoles_own(
    admin_client: Client,
) -> None:
    text = admin_client.get("/admin/runs/agent/").content.decode()
    styles = re.findall(r'<link[^>]*rel="stylesheet"[^>]*>', text)
    assert [re.findall(r"css/(\w+)\.css", style) for style in styles] == [["console"], ["admin"]]
    joined = [address for address in re.findall(r'<script src="([^"]+)"', text) if "~" in address]
    assert len(joined) == 1
    assert b"jQuery" in Client().get(html.unescape(joined[0])).content


@pytest.mark.parametrize("address", ["/admin/runs/agent/", "/admin/policies/toolpolicy/add/"])
def test_of_the_admins_scripts_only_the_one_for_the_theme_is_waited_for_before_a_page_is_drawn(
    admin_client: Client, address: str
) -> None:
    text = admin_client.get(address).content.decode()
    waited_for = [tag for tag in re.findall(r"<script [^>]*>", text) if not LATER.search(tag)]
    assert [re.findall(r"js/(\w+)\.js", tag) for tag in waited_for] == [["theme"]]


def test_only_files_that_this_house_put_together_are_sent_together() -> None:
    path = assets.address_of(["css/base.css", "css/tokens.css"])
    assert b"--paper-0" in Client().get(path).content
    forged = path.replace("css/tokens.css", "css/fonts.css")
    assert Client().get(forged)["Content-Type"] != "text/css"


def test_the_first_rule_of_each_style_sheet_follows_the_sheet_before_it() -> None:
    path = assets.address_of(["css/fonts.css", "css/tokens.css"])
    content = Client().get(path).content.decode()
    assert content.count("}") == content.count("{")
    between = content[content.rindex("}", 0, content.index(":root")) + 1 : content.index(":root")]
    assert COMMENT.sub("", between).strip() == ""


def test_a_style_sheet_that_is_sent_with_others_finds_its_pictures() -> None:
    content = Client().get(assets.address_of(["css/fonts.css", "css/base.css"])).content.decode()
    for path in re.findall(r'url\("([^"]+woff2)"\)', content):
        assert Client().get(path).status_code == 200
