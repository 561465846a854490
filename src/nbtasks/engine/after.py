"""What happens when a task has run: the user's own hook, the checks of its tables, its note."""

from __future__ import annotations

import warnings
from typing import Any

from nbtasks.checks import edited, fingerprints, notes, tables, times
from nbtasks.engine import plain
from nbtasks.pipeline.tasks import Product, Task


class Finish:
    """What happens when a task has succeeded: its own on_finish, then checks and a note.

    Parameters
    ----------
    own
        The `on_finish` that pipeline.yaml gives the task, if any.
    known
        The task as plain data, as it begins.
    functions
        The functions in use then.
    before
        What changes when its products are written.
    """

    def __init__(
        self, own: Any, known: Task, functions: dict[str, str], before: dict[str, Any]
    ) -> None:
        self.own, self.known, self.functions, self.before = own, known, functions, before

    def __call__(self, task: Any) -> None:
        """Run them."""
        try:
            self.check(task)
            times.succeed(task.name, plain.files_of(task))
        finally:  # Ploomber calls no on_failure for what is raised here
            edited.remember(self.known.products.values())
            fingerprints.save()

    def check(self, task: Any) -> None:
        """Run the task's own on_finish and the checks; add the note if nothing is raised."""
        if self.own is not None:
            call(self.own, task)
        check_written(self.known)
        tables.check(self.known)
        for key, product in self.known.products.items():
            if self.before.get(key) and self.before[key] == look(product):
                text = f"{task.name}: left its product {product.shown()} as it was"
                warnings.warn(text, stacklevel=3)
        for key in notes.varying(self.known, task_note := self.note(task)):
            shown = self.known.products[key].shown()
            warnings.warn(
                f"{shown} differs at each run, though nothing else has changed: does it hold a "
                "time, or draw numbers without a seed? What reads it runs each time",
                stacklevel=3,
            )
        for own in plain.own_products(task).values():
            own.prepare_metadata = AddNote(task_note)

    def note(self, task: Any) -> dict[str, Any]:
        """Return the note on the task."""
        inputs = {name: plain.products_of(up) for name, up in task.upstream.items()}
        return notes.note(self.functions, inputs, self.known.products)


class Fail:
    """What happens when a task has failed: its own on_failure, after a look at its notebook.

    Parameters
    ----------
    own
        The `on_failure` that pipeline.yaml gives the task, if any.
    known
        The task as plain data.
    """

    def __init__(self, own: Any, known: Task) -> None:
        self.own, self.known = own, known

    def __call__(self, task: Any) -> None:
        """Run them."""
        edited.remember(self.known.products.values())
        fingerprints.save()
        times.fail(task.name, plain.files_of(task), "")  # the build, if it is one, knows more
        if self.own is not None:
            call(self.own, task)


def check_written(task: Task) -> None:
    """Raise FileNotFoundError if a task has not written a product, before anything reads it."""
    for product in task.products.values():
        if product.path is not None and not product.path.exists():
            said = f"task {task.name!r} has not written its product {product.shown()}"
            raise FileNotFoundError(said)


class AddNote:
    """Add a note to what Ploomber keeps beside a product."""

    def __init__(self, note: dict[str, Any]) -> None:
        self.note = note

    def __call__(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """Return Ploomber's metadata with the note."""
        metadata[notes.NOTE] = self.note
        return metadata


def call(hook: Any, task: Any) -> None:
    """Call a hook with the arguments that it asks for, as Ploomber does."""
    from ploomber.util.util import callback_check

    offered = {"task": task, "client": task.client, "product": task.product, "params": task.params}
    hook(**callback_check(hook, offered))


def look(product: Product) -> list[Any] | None:
    """Return what changes when a product is written; None if there is none yet."""
    if product.path is None or not product.path.exists():
        return None
    return fingerprints.look(product.path)
