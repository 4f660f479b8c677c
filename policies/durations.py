"""How long something takes, as people read it: one style wherever a duration is told. Pure text."""


def span(seconds: float) -> str:
    """4 ms, 0.8 s, 42 s, 4 m 10 s, 2 h 5 m."""
    if seconds < 0.1:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return two_parts(int(seconds), 60, "m", "s")
    return two_parts(int(seconds) // 60, 60, "h", "m")


def allowance(seconds: float) -> str:
    """A limit somebody wrote: whole seconds stay whole, `5 s`, `15 m`, `2 h`, `1 h 30 m`."""
    return f"{seconds:g} s" if seconds < 60 else span(seconds)


def two_parts(whole: int, size: int, large: str, small: str) -> str:
    return (
        f"{whole // size} {large} {whole % size} {small}"
        if whole % size
        else f"{whole // size} {large}"
    )
