"""The errors of the package, one tree: each is a sentence for who types the command."""

#: What the commands end with.
EXIT_CODES = {
    0: "done, or nothing to do",
    1: "refused, failed, or something is wrong: the last lines say what to do",
    2: "no such command, option or page, or the folder is in no project",
    130: "Ctrl-C; another signal N ends a build with 128 + N. The same command goes on",
}


class NbtasksError(Exception):
    """What keeps a command from doing what it was asked for."""


class Refusal(NbtasksError):
    """What is not done, and why: a wrong result would come of it, or it can't be."""
