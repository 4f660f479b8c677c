"""Which signs are seen in what processes and servers print: exit codes, exceptions, pages,
noise.
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.truth import crash_output
from policies.truth.scan import ScanContext
from policies.truth.sign import Sign, TruthThresholds

ACT, CONTENT, SHELL, SPEECH = "do_thing", "read_page", "run_code", "translate"
LIMITS = TruthThresholds()


def signs(text: str, tool: str = ACT) -> list[Sign]:
    scan = ScanContext.of(tool, "", LIMITS)
    return list(crash_output.signs_of_output(text, scan))


def part(text: str, tool: str = ACT) -> list[Sign]:
    return list(crash_output.signs_of_part(text, ScanContext.of(tool, "", LIMITS)))


def shares(text: str, tool: str = ACT) -> dict[str, float]:
    return {sign.name: sign.share for sign in signs(text, tool)}


class TestAnExitCode:
    @pytest.mark.parametrize(
        ("line", "quote"),
        [
            ("Exit code: 127", "Exit code: 127"),
            ("api-1 exited with code 137", ""),
            ("exited with status 2", "exited with status 2"),
            ("exit status 2", "exit status 2"),
            ("exited with exit code 1", "exited with exit code 1"),
            ("[Process exited with code 1]", "[Process exited with code 1"),
            ("[process finished with exit code 3]", "[process finished with exit code 3"),
            (
                "command failed with non-zero exit status -9",
                "command failed with non-zero exit status -9",
            ),
            ("script returned exit code 4", "script returned exit code 4"),
            ("return code = 12", "return code = 12"),
            ("returncode=1", "returncode=1"),
            ("exit code of 5", "exit code of 5"),
        ],
    )
    def test_in_words_is_read_at_the_beginning_of_a_line(self, line: str, quote: str) -> None:
        expected = [Sign("exit_code", quote)] if quote else []
        assert signs(line) == expected
        assert signs(f"jq: fine\n{line}") == expected

    def test_of_zero_is_a_good_end(self) -> None:
        assert signs("Exit code: 0") == [Sign("success_flag", "Exit code: 0")]

    def test_within_a_sentence_is_no_exit_code(self) -> None:
        assert signs("It has an exit code: 3") == []
        assert signs("the process may exit with exit code 1") == []

    def test_is_looked_for_in_the_head_before_the_tail(self) -> None:
        between = "\n" + "x" * 5_000 + "\n"
        assert signs(f"exit code 0{between}exit code 1") == [Sign("success_flag", "exit code 0")]
        assert signs(f"begun{between}exit code 1") == [Sign("exit_code", "exit code 1")]

    def test_in_the_middle_of_a_long_text_is_not_looked_for(self) -> None:
        away = "x" * 3_000
        assert signs(f"{away}\nexit code 1\n{away}") == []


TRACES = {
    "Python": 'Traceback (most recent call last):\n  File "a.py", line 3',
    "Java": 'Exception in thread "main" java.lang.IllegalStateException: x',
    "Node": "Unhandled rejection Error: no",
    "C#": "Unhandled exception. System.Exception: no",
    "Go": "panic: runtime error: index out of range",
    "Go's other threads": "goroutine 1 [running]:",
    "Rust": "thread 'main' panicked at src/main.rs:4:17:",
    "PHP": "PHP Fatal error:  Uncaught Error: no",
    "PHP's parser": "PHP Parse error: no",
    "Elixir": "** (ArithmeticError) bad argument",
    "Ruby": "app.rb:2:in `foo': undefined method",
    "R": "Execution halted",
    "JavaScript's frames": "TypeError: x is not a function\n    at main (/app/a.js:3:11)",
    "Java's frames": "java.io.IOException: no\n\tat a.B.c(B.java:3)",
}


class TestATrace:
    @pytest.mark.parametrize("trace", TRACES.values(), ids=TRACES)
    def test_of_any_language_that_opens_the_body_is_its_message(self, trace: str) -> None:
        assert shares(trace)["traceback"] == 1.0
        assert shares(trace, CONTENT)["traceback"] == 1.0

    @pytest.mark.parametrize("trace", TRACES.values(), ids=TRACES)
    def test_within_a_page_is_what_the_page_is_about(self, trace: str) -> None:
        told = f"How to read this:\n{trace}\nThe last line counts."
        assert shares(told, CONTENT)["traceback"] == 0.3
        assert shares(told, SPEECH)["traceback"] == 0.3

    @pytest.mark.parametrize("trace", TRACES.values(), ids=TRACES)
    def test_within_the_output_of_a_shell_is_a_crash(self, trace: str) -> None:
        assert shares(f"one\n{trace}\nmore", SHELL)["traceback"] == 1.0

    def test_that_ends_in_its_exception_is_clearer_than_one_that_goes_on(self) -> None:
        trace = 'Traceback (most recent call last):\n  File "a.py", line 3\nKeyError: 7'
        assert shares(f"begun\n{trace}")["traceback"] == 0.75
        assert shares(f"begun\n{trace}\nand on")["traceback"] == 0.6

    def test_is_quoted_by_its_last_exception(self) -> None:
        first = "Traceback (most recent call last):\nKeyError: 7\n"
        assert signs(f"{first}During it:\nValueError: 8")[0].quote == "ValueError: 8"
        assert signs("Traceback (most recent call last):\n  nothing")[0].quote == (
            "Traceback (most recent call last)"
        )

    def test_at_the_end_of_a_long_text_is_found_and_does_not_open_it(self) -> None:
        long = "fine\n" * 1_000 + "Traceback (most recent call last):\nKeyError: 7"
        assert signs(long) == [Sign("traceback", "KeyError: 7", 0.75)]

    def test_that_begins_the_tail_does_not_open_the_body(self) -> None:
        tail = "Traceback (most recent call last):\n" + "  x\n" * 487 + "done, really done"
        assert len(tail) == LIMITS.tail_chars
        assert shares("fine\n" * 1_000 + tail)["traceback"] == 0.6

    def test_is_named_once(self) -> None:
        trace = "Traceback (most recent call last):\nKeyError: 7\n"
        assert [sign.name for sign in signs(trace * 3)] == ["traceback"]


class TestAnExceptionLine:
    @pytest.mark.parametrize(
        "line",
        [
            "KeyError: 'a'",
            "ValueError",
            "Uncaught TypeError: x is undefined",
            "Caused by: java.io.IOException: no",
            "django.db.utils.IntegrityError: twice",
            "KeyboardInterrupt",
            "SystemExit: 1",
            "SegmentFault: no",
            "HTTPError(404, 'gone')",
        ],
    )
    def test_that_opens_or_ends_the_text_is_named(self, line: str) -> None:
        assert signs(line) == [Sign("exception_line", line)]
        assert signs(f"\n\n{line}")[0].name == "exception_line"
        assert signs(f"begun\nand on\n{line}\n") == [Sign("exception_line", f"{line}\n")]

    @pytest.mark.parametrize(
        "line",
        [
            "an Error: not at all",
            "errors: none",
            "keyError: x",
            "ErrorBudget",
            "KeyError:x",
            "A.b.c: d",
        ],
    )
    def test_has_the_form_of_one(self, line: str) -> None:
        assert signs(line) == []

    def test_in_between_may_be_a_quotation(self) -> None:
        assert signs("It said\nKeyError: 'a'\nand went on") == []

    def test_in_the_output_of_a_shell_with_frames_is_a_trace(self) -> None:
        framed = '  File "a.py", line 3\nKeyError: 7'
        assert [sign.name for sign in signs(framed, SHELL)] == ["traceback"]
        assert [sign.name for sign in signs(framed)] == ["exception_line"]
        assert [sign.name for sign in signs("KeyError: 7", SHELL)] == ["exception_line"]

    def test_at_the_end_of_a_long_text_comes_before_one_at_its_head(self) -> None:
        long = "KeyError: 7\n" + "x\n" * 3_000 + "ValueError: 8"
        assert signs(long) == [Sign("exception_line", "ValueError: 8")]


class TestAComplaint:
    @pytest.mark.parametrize(
        "line",
        [
            "bash: frobnicate: command not found",
            "/bin/sh: 1: jq: not found",
            "zsh: no matches found: *.x",
            "ls: cannot access 'a': No such file or directory",
            "bash: line 3: ./a: Permission denied",
            "cat: a: Is a directory",
            "make: *** [all] Error 2",
            "make[1]: *** No rule",
            "Segmentation fault (core dumped)",
            "Bus error",
            "src/a.c:3:4: error: expected ';'",
            "a.c:3: fatal error: b.h",
        ],
    )
    def test_of_a_program_is_seen_as_a_whole_and_anywhere_in_a_shell(self, line: str) -> None:
        assert signs(line) == [Sign("exception_line", line)]
        assert signs(f"built\n{line}", SHELL) == [Sign("exception_line", line)]
        assert signs(f"built\n{line}") == []

    def test_of_the_system_carries_its_number(self) -> None:
        assert signs("[Errno 2] No such file") == [Sign("exception_line", "[Errno 2] No such file")]
        assert signs("[WinError 5] Access") == [Sign("exception_line", "[WinError 5] Access")]
        assert signs("[Error 5] Access") == []

    def test_is_a_short_message(self) -> None:
        line = "bash: frobnicate: command not found"
        longest = line + "." * (LIMITS.message_chars - len(line))
        assert [sign.name for sign in signs(longest)] == ["exception_line"]
        assert signs(longest + ".") == []
        assert [sign.name for sign in signs(longest + ".", SHELL)] == ["exception_line"]
        errno = "[Errno 2]" + "." * (LIMITS.message_chars - 9)
        assert [sign.name for sign in signs(errno)] == ["exception_line"]
        assert signs(errno + ".", SHELL) == []


class TestNoise:
    def test_is_more_than_two_unprintable_characters_of_a_short_text(self) -> None:
        assert signs("\x00\x01") == []
        assert signs("\x00\x01\x02") == [Sign("noise", "mostly unprintable characters")]

    def test_is_more_than_eight_in_a_hundred_of_a_long_one(self) -> None:
        assert signs("\x00" * 8 + "a" * 92) == []
        assert [sign.name for sign in signs("\x00" * 9 + "a" * 91)] == ["noise"]

    @pytest.mark.parametrize(
        "character", ["\x00", "\x07", "\x0e", "\x1f", "\x7f", "\ufffd", "\ue000", "\uf8ff"]
    )
    def test_is_made_of_control_and_private_characters(self, character: str) -> None:
        assert [sign.name for sign in signs(character * 10)] == ["noise"]

    @pytest.mark.parametrize("character", ["\t", "\n", "\x08", "\x0c", "\x1b", "é", "漢", "😀"])
    def test_is_not_made_of_what_terminals_and_people_write(self, character: str) -> None:
        assert signs(character * 10) == []

    @pytest.mark.parametrize(
        "text",
        [
            "[object Object]",
            " [object Promise]\n",
            "<Order object at 0x7f3a>",
            "<shop.Order object at 0x1>",
        ],
    )
    def test_is_also_a_lost_object(self, text: str) -> None:
        assert signs(text) == [Sign("noise", text)]

    @pytest.mark.parametrize("text", ["[object Object] x", "x [object Object]", "[objects]", "<b>"])
    def test_is_no_longer_text_with_such_a_word(self, text: str) -> None:
        assert signs(text) == []


class TestAPage:
    def page(self, title: str, body: str = "") -> str:
        return f"<html><head><title>{title}</title></head><body>{body}</body></html>"

    @pytest.mark.parametrize(
        "title",
        [
            "404 Not Found",
            "Error 500",
            "HTTP error: 503",
            "Access Denied",
            "Just a moment...",
            "Attention Required! | Shield",
            "Log in",
            "Signin",
            "Page not found",
            "Forbidden",
            "error",
        ],
    )
    def test_that_announces_an_error_is_one_however_long(self, title: str) -> None:
        assert signs(self.page(title)) == [Sign("error_page", title)]
        assert signs(self.page(title, "x" * 1_000)) == [Sign("error_page", title)]

    @pytest.mark.parametrize("title", ["Oops, an error", "nginx timeout", "Shop | captcha"])
    def test_that_mentions_an_error_is_one_while_it_is_small(self, title: str) -> None:
        assert signs(self.page(title), CONTENT) == [Sign("error_page", title)]
        assert signs(self.page(title, "x" * 1_000), CONTENT) == []

    def test_is_small_below_seven_hundred_characters(self) -> None:
        def sized(size: int) -> str:
            return self.page("nginx timeout", "x" * (size - len(self.page("nginx timeout"))))

        assert len(sized(699)) == 699
        assert signs(sized(699), CONTENT) == [Sign("error_page", "nginx timeout")]
        assert signs(sized(700), CONTENT) == []

    def test_with_a_title_longer_than_titles_of_errors_is_none(self) -> None:
        assert signs(self.page("404" + "x" * 78), CONTENT) == []
        assert signs(self.page("404 " + "x" * 76), CONTENT) != []
        assert signs(self.page("404 " + "x" * 77), CONTENT) == []

    def test_where_data_belongs_is_a_sign_by_itself(self) -> None:
        assert signs(self.page("Welcome")) == [Sign("page_for_data", "Welcome")]
        assert signs("<html><p>hi</p></html>") == [Sign("page_for_data", "<html><p>hi</p></html>")]
        assert signs("<body>" + "x" * 700)[0].quote == ("<body>" + "x" * 594)

    @pytest.mark.parametrize("tool", [CONTENT, SHELL])
    def test_is_what_readers_and_shells_hand_out(self, tool: str) -> None:
        assert signs(self.page("Welcome"), tool) == []

    def test_may_have_its_title_in_a_headline(self) -> None:
        page = '<html><h1 class="big">502 Bad Gateway</h1></html>'
        assert signs(page, CONTENT) == [Sign("error_page", "502 Bad Gateway")]

    @pytest.mark.parametrize(
        "text",
        [
            "<Error><Code>NoSuchKey</Code></Error>",
            '<?xml version="1.0"?>\n<Error>',
            "<ErrorResponse>",
            '<soap:Envelope xmlns="x"><soap:Body><soap:Fault>',
            "  <fault>",
            "<exception>",
        ],
    )
    def test_of_xml_may_be_a_fault(self, text: str) -> None:
        assert signs(text) == [Sign("error_page", text)]

    @pytest.mark.parametrize(
        "text", ["<Errors>", "<order>", "a <Error>", "<Envelope><Body><Order>"]
    )
    def test_of_xml_is_mostly_data(self, text: str) -> None:
        assert signs(text) == []

    @pytest.mark.parametrize(
        ("text", "is_one"),
        [
            ("<!DOCTYPE html>", True),
            ("  <HTML lang='en'>", True),
            ("<head>", True),
            ("<body class='x'>", True),
            ("<bodywork>", False),
            ("text <html>", False),
            ("<p>", False),
            ("", False),
        ],
    )
    def test_is_known_by_its_first_tag(self, text: str, is_one: bool) -> None:
        assert crash_output.is_page(text) is is_one


class TestAPartOfData:
    def test_that_is_an_error_page_is_seen(self) -> None:
        page = "\n<html><title>502 Bad Gateway</title></html>"
        assert part(page) == part(page, CONTENT) == [Sign("page_inside", "502 Bad Gateway")]

    def test_that_is_any_other_page_is_data(self) -> None:
        assert part("<html><title>Invoice</title></html>") == []
        assert part("see <html><title>502 Bad Gateway</title></html>") == []

    def test_that_is_noise_is_seen_except_among_what_people_wrote(self) -> None:
        assert part("\x00" * 30) == [Sign("noise", "mostly unprintable characters")]
        assert part("\x00" * 30, CONTENT) == []

    def test_is_not_searched_for_traces(self) -> None:
        assert part("Traceback (most recent call last):\nKeyError: 7") == []


@given(st.text(max_size=3_000), st.sampled_from([ACT, CONTENT, SHELL, SPEECH]))
def test_a_sign_in_any_text_has_a_share_of_one_at_most_and_words_of_the_text(
    text: str, tool: str
) -> None:
    for sign in signs(text, tool):
        assert 0 < sign.share <= 1
        assert sign.quote in text or sign.quote == "mostly unprintable characters"


@given(st.text(alphabet="Error: exitcode123\n\tat(File<html>", max_size=600))
def test_the_middle_of_a_long_text_changes_nothing(filling: str) -> None:
    head, tail = "fine\n" * 400, "\nfine" * 400
    assert signs(head + re.sub(r".", "x", filling) + tail) == signs(head + filling + tail)
