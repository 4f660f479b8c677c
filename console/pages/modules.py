"""Modules of JavaScript joined into one: each becomes a function that is called once, in the order
in which a browser would run them.

Pure. It knows the few forms in which our own modules import and export, and refuses any other.
"""

import re
from collections.abc import Callable
from urllib.parse import urljoin

IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"(\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:(?:async )?function|class|const) (\w+))", re.MULTILINE)
ODD = re.compile(r"^(?:import|export)\b.*|\bimport\(|\bimport\.meta", re.MULTILINE)


def joined(entry: str, read: Callable[[str], str]) -> str:
    """The module of that name with all that it imports, as the text of one module. `read` gives the
    text of a module by its name; addresses in it are relative to it. Raises ValueError for a form
    that is not known. A script that imports and exports nothing is left as it is.
    """
    text = read(entry)
    if not IMPORT.search(text) and not EXPORT.search(text):
        return text
    order: list[str] = []
    _gather(entry, read, order, ())
    return "\n".join(_wrapped(name, read(name), order) for name in order)


def _gather(
    name: str, read: Callable[[str], str], order: list[str], above: tuple[str, ...]
) -> None:
    """Put the modules that this one imports in front of it, each once."""
    if name in above:
        raise ValueError(f"{name} imports itself, by way of {', '.join(above)}")
    if name in order:
        return
    for _, address in IMPORT.findall(read(name)):
        _gather(urljoin(name, address), read, order, (*above, name))
    order.append(name)


def _wrapped(name: str, text: str, order: list[str]) -> str:
    def taken(found: re.Match[str]) -> str:
        module = order.index(urljoin(name, found[2]))
        return f"const {{{found[1].replace(' as ', ': ')}}} = m{module};\n" if found[1] else ""

    given = ", ".join(found[1] for found in EXPORT.findall(text))
    body = EXPORT.sub(r"\1", IMPORT.sub(taken, text))
    if odd := ODD.search(body):
        raise ValueError(f"{name}: {odd[0]!r} is no form that can be joined")
    return f"// {name}\nconst m{order.index(name)} = (() => {{\n{body}return {{{given}}};\n}})();"
