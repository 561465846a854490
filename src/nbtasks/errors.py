"""The errors of the package, one tree: each is a sentence for who types the command."""


class NbtasksError(Exception):
    """What keeps a command from doing what it was asked for."""


class Refusal(NbtasksError):
    """What is not done, and why: a wrong result would come of it, or it can't be."""
