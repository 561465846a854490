"""Tell which packages are imported and not declared, and how sure that is."""

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from nbtasks.environment import declared, lock, packages


@dataclass
class Missing:
    """A module that is imported, and whose package is not declared."""

    module: str
    package: str
    files: set[str]

    def is_guessed(self) -> bool:
        """Tell whether only its name, or a table, tells which package the module is of."""
        known = lock.read_versions(declared.read_text(declared.lock_file()))
        return not packages.providers(self.module) and self.package not in known

    def __str__(self) -> str:
        """Say which package it probably is, and where to look at that."""
        top = self.module.partition(".")[0]
        same = self.package == canonicalize_name(top)
        package = "a package of the same name" if same else f"the package {self.package}"
        page = f"https://pypi.org/project/{self.package}/"
        return f"{self.module}: probably {package}; see {page} before you add it"


@dataclass
class Comparison:
    """What is wrong with requirements.txt."""

    missing: list[Missing]
    unused: list[str]
    #: Files that can't be read
    problems: list[str]
    #: What is to be known of the missing ones
    notes: list[str]

    def files(self) -> dict[str, set[str]]:
        """Return the missing packages, and the files that import them."""
        found: dict[str, set[str]] = {}
        for item in self.missing:
            found.setdefault(item.package, set()).update(item.files)
        return found


def is_in(module: str, name: str) -> bool:
    """Tell whether a module is one that a package holds, in it, or a folder above it."""
    above = name.startswith(f"{module}.") and module not in packages.SHARED_STARTS
    return above or f"{module}.".startswith(f"{name}.")


def is_used(package: str, asked: declared.Declared, found: dict[str, set[str]]) -> bool:
    """Tell whether a declared package is imported."""
    held = asked.modules.get(package, ())
    return any(
        packages.comes_from(module, package) or any(is_in(module, name) for name in held)
        for module in found
    )


def find(found: dict[str, set[str]], asked: declared.Declared) -> Iterator[Missing]:
    """Yield the modules, of those found, whose packages are not declared."""
    known = {*asked.requirements, *asked.optional}
    for module, files in sorted(found.items()):
        is_start = module in packages.SHARED_STARTS and any(
            other.startswith(f"{module}.") for other in found
        )
        if not is_start and not any(is_used(name, asked, {module: files}) for name in known):
            name = min(packages.providers(module), default=packages.guess(module))
            yield Missing(module, name, files)


def notes(missing: list[Missing], unknown: list[str]) -> Iterator[str]:
    """Yield what to know before a package is added whose name is only guessed."""
    guessed = {(item.module.partition(".")[0], item.package): item for item in missing}
    sentences = [str(item) for item in guessed.values() if item.is_guessed()]
    yield from sentences
    if sentences and unknown:
        yield f"Or is it in {' or '.join(unknown)}? What that holds is known once it is installed."


def explain(missing: dict[str, set[str]], unused: list[str]) -> None:
    """Say what is wrong with requirements.txt, and what to do."""
    if missing:
        print("requirements.txt lacks what the code imports:")
        for name, files in sorted(missing.items()):
            shown = [*sorted(files)[:3], *["..."] * (len(files) > 3)]
            print(f"  {name:<20} {', '.join(shown)}")
        print("To add it, lock and environment included:")
        print(f"  nbtasks add {' '.join(sorted(missing))}")
        print("Can the code do without it? Then say so in requirements.txt: # optional: NAME")
    if unused:
        print("requirements.txt names what nothing in tasks/ and src/ imports:")
        print(*(f"  {name}" for name in unused), sep="\n")
        print("Fine, if that is to come; else: nbtasks remove NAME, or the comment # used by NAME")
