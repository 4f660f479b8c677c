"""The loop that all calls of a process stand on outlives whatever one of them does."""

import pytest

from runs.runtime import loop


@pytest.mark.parametrize("end", [SystemExit(1), KeyboardInterrupt()])
def test_a_call_that_exits_ends_itself_and_not_the_loop(
    end: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    async def exits() -> None:
        raise end

    async def answers() -> int:
        return 42

    with pytest.raises(type(end)):
        loop.submit(exits()).result(5)
    assert loop.run(answers(), 5) == 42
    assert "it goes on" in caplog.text
