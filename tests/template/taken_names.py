"""Print the modules that are installed and have another name than their package.

Run it with the Python of an environment that holds requirements.lock. The hook that refuses
names reads the names of packages from the lock, and has to be told these.
"""

import re
from importlib import metadata


def normalize(name: str) -> str:
    """Return a name as a module or a package would write it."""
    return re.sub("[-.]", "_", name.lower())


def renamed_modules() -> list[str]:
    """Return the modules that none of the packages that bring them is named for."""
    return sorted(
        normalize(module)
        for module, packages in metadata.packages_distributions().items()
        if module[0].isalpha() and normalize(module) not in map(normalize, packages)
    )


if __name__ == "__main__":
    print(*renamed_modules())
