"""What a part of a page loads from the network: scripts, styles, frames, pictures, tiles."""

import re
from html.parser import HTMLParser

#: The attribute of a tag that names what is loaded.
LOADING = {
    "audio": ["src"],
    "embed": ["src"],
    "iframe": ["src"],
    "image": ["href", "xlink:href"],
    "img": ["src", "srcset"],
    "link": ["href"],
    "object": ["data"],
    "script": ["src"],
    "source": ["src", "srcset"],
    "track": ["src"],
    "use": ["href", "xlink:href"],
    "video": ["src", "poster"],
}
#: Those without which nothing is to be seen.
NEEDED = {"embed", "iframe", "object", "script"}
#: Links that load nothing.
NAMED_ONLY = {"canonical", "author", "license", "help", "next", "prev", "alternate"}
REMOTE = re.compile(r"\s*((?:https?:)?//[^\s\"'`<>\\)]+)", re.IGNORECASE)
QUOTED = re.compile(r"[\"'`]((?:https?:)?//[^\s\"'`<>\\)]+)[\"'`]")
#: An address in a script that is loaded, not one that is only named.
CODE = re.compile(
    r"\.(?:m?js|css|wasm)\b|/npm/|//(?:[\w-]+\.)*(?:cdn|esm|unpkg|jsdelivr|skypack)\w*[.-]"
)
#: What loads the address that follows.
ASKS = re.compile(
    r"(?:\bimport\b|\bfrom\b|\bfetch\b|\bimportScripts\b|\b(?:src|href)\s*[=:])\s*\(?\s*$"
)
STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\s\"'`<>\\)]+)", re.IGNORECASE)
#: Tiles of maps, and the data of a chart of Vega; also in the midst of long lines of data.
TILES = re.compile(r"https?://[^\s\"'`<>\\]*\{[a-zA-Z]\}[^\s\"'`<>\\]*")
DATA = re.compile(r'"data"\s*:\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)?"url"\s*:\s*"(https?://[^"]+)"')
#: Lines longer than this are data, or libraries that a script holds.
LONG = 5000
#: A formula that was not drawn: MathJax would be loaded for it.
FORMULA = re.compile(r"\$\$.+?\$\$|\\\(.+?\\\)|\\\[.+?\\\]|\$[^$\n]*\\[a-zA-Z][^$\n]*\$", re.DOTALL)


class NetworkWarning(UserWarning):
    """What a build says of a report, also where Python is told to ignore warnings."""


class Loaded(HTMLParser):
    """What some HTML loads."""

    def __init__(self, html: str = "") -> None:
        """Look through some HTML."""
        super().__init__()
        #: Addresses of scripts and frames, without which nothing is to be seen.
        self.code: list[str] = []
        #: Addresses of pictures, styles, tiles and data.
        self.others: list[str] = []
        self.text = ""  # what is to be read
        self.within: list[str] = []
        if html:
            self.feed(html)
            self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag loads, and what a frame holds."""
        given = {name: value or "" for name, value in attrs}
        if not set(given.get("rel", "").lower().split()) & NAMED_ONLY:
            named = [part for name in LOADING.get(tag, []) for part in parts(name, given)]
            remote = [found[1] for found in map(REMOTE.match, named) if found]
            (self.code if tag in NEEDED else self.others).extend(remote)
        self.others += STYLE.findall(given.get("style", ""))
        if "srcdoc" in given:
            held = Loaded(given["srcdoc"])
            self.code += held.code
            self.others += held.others
        if tag in {"script", "style", "pre", "code", "math"}:
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave a script, a style or code."""
        if tag in self.within:
            del self.within[self.within.index(tag) :]

    def handle_data(self, data: str) -> None:
        """Note what a script or a style loads."""
        if "script" in self.within:
            self.script(data)
        elif "style" in self.within:
            self.others += STYLE.findall(data)
        elif not self.within:
            self.text += data

    def script(self, text: str) -> None:
        """Note what a script loads."""
        text = text.replace("\\/", "/")
        for line in text.split("\n"):
            for found in QUOTED.finditer(line) if len(line) <= LONG else ():
                if CODE.search(found[1]) or ASKS.search(line[: found.start()]):
                    self.code.append(found[1])
        self.others += TILES.findall(text) + DATA.findall(text)


def parts(name: str, given: dict[str, str]) -> list[str]:
    """Return the addresses of an attribute: only `srcset` has several."""
    value = given.get(name, "")
    return value.split(",") if name == "srcset" else [value]


def hosts(addresses: list[str]) -> list[str]:
    """Return the servers of some addresses, each once."""
    return list(dict.fromkeys(address.split("//", 1)[1].split("/", 1)[0] for address in addresses))
