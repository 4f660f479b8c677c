"""Scripts that import one another are sent as one, which does what they did apart."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from console.pages import modules

STATIC = Path(__file__).resolve().parents[2] / "static"


def joined(files: Mapping[str, str], entry: str = "js/page.js") -> str:
    return modules.joined(entry, lambda name: files[name])


def test_each_module_stands_once_and_after_what_it_imports() -> None:
    found = joined(
        {
            "js/page.js": (
                'import "./base.js";\nimport { b as other } from "./base.js";\nother();\n'
            ),
            "js/base.js": 'import { a } from "../a.js";\nexport function b() { return a; }\n',
            "a.js": "export const a = 1;\n",
        }
    )
    assert re.findall(r"^// (.+)$", found, re.MULTILINE) == ["a.js", "js/base.js", "js/page.js"]
    assert "const {b: other} = m1;".replace(" ", "") in found.replace(" ", "")
    assert not re.search(r"^(import|export)\b", found, re.MULTILINE)


@pytest.mark.parametrize(
    "odd",
    [
        'import whole from "./a.js";\n',
        'import * as a from "./a.js";\n',
        "export default 1;\n",
        "export let changes = 1;\n",
        'const later = import("./a.js");\n',
    ],
)
def test_a_form_that_cannot_be_joined_is_refused(odd: str) -> None:
    files = {"js/page.js": f'import "./a.js";\n{odd}', "js/a.js": "export const a = 1;\n"}
    with pytest.raises(ValueError, match=r"js/page\.js"):
        joined(files)


def test_modules_that_import_each_other_are_refused() -> None:
    files = {"js/page.js": 'import "./a.js";\n', "js/a.js": 'import "./page.js";\n'}
    with pytest.raises(ValueError, match="imports itself"):
        joined(files)


def test_every_script_of_the_console_can_be_joined() -> None:
    def read(name: str) -> str:
        return (STATIC / name).read_text()

    entries = [f"js/{file.name}" for file in (STATIC / "js").glob("*.js")]
    assert len(entries) > 20
    for entry in entries:
        assert "js/live.js" in modules.joined(entry, read) or "console.js" not in read(entry)
