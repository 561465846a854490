"""The project that one stands in: its folder and package, git, its modules, its raw data.

It uses no other room. What set-up needs of it runs on Python 3.7 with the standard library.
"""

from nbtasks.project.here import (
    can_write,
    check_modules,
    encode,
    find,
    has_pipeline,
    has_table,
    package,
    root,
    settings,
    spare_the_home,
    spare_the_home_of_builds,
    use_own_modules,
)

__all__ = [
    "can_write",
    "check_modules",
    "encode",
    "find",
    "has_pipeline",
    "has_table",
    "package",
    "root",
    "settings",
    "spare_the_home",
    "spare_the_home_of_builds",
    "use_own_modules",
]
