"""Names that could be taken for one another: they look the same, or are those that the house acts
under. Pure.
"""

import unicodedata
from collections.abc import Iterable

HOUSE = frozenset(
    "system supervisor planner tool judge visitor clock shell worker demo replay signalbox somebody"
    " nobody you".split()
)
"""The house's own actors in the journal and on pages, and words that stand there for a person."""
LOOKALIKES = str.maketrans(
    "ɑаӓеёзіїјкмнорстухԁԛѕѵɡαβγεικμνορτυχωժհոռսօⅼ",
    "aaaee3iijkmhopctyxdqsvgabyeikuvoptuxwdhnnuol",
)
"""Letters of other alphabets, with the Latin letters that a reader takes them for."""
SWAPPED = str.maketrans("01|", "oll")


def skeleton(name: str) -> str:
    """A name reduced to its looks: no case, no accents or invisible marks, look-alike letters as
    one.
    """
    folded = unicodedata.normalize("NFKC", name).casefold().translate(LOOKALIKES)
    bare = "".join(
        each
        for each in unicodedata.normalize("NFKD", folded)
        if unicodedata.category(each)[0] in "LNPS"
    )
    return bare.translate(LOOKALIKES).translate(SWAPPED).replace("rn", "m").replace("i", "l")


def problem(name: str, taken: Iterable[str], *, own: str = "") -> str:
    """Why nobody may have this name beside those `taken`; empty when it is free. `own`: the present
    name of the person who is renamed, which does not count.
    """
    if any(unicodedata.category(each)[0] == "C" for each in name):
        return "A name holds no characters that cannot be seen."
    if skeleton(name) in {skeleton(each) for each in HOUSE}:
        return f"The house itself acts as “{name}” or a name that reads like it; nobody else may."
    if like := next(
        (each for each in taken if each != own and skeleton(each) == skeleton(name)), ""
    ):
        return (
            f"This reads like {like}, who is somebody else: names must be told apart at a glance."
        )
    return ""
