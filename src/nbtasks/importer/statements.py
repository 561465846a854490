"""Cut the code of a notebook into statements: what each one needs, binds and changes."""

import ast
import builtins
import re
from dataclasses import dataclass, field

from jupytext.magics import comment_magic
from pyflakes import checker, messages

from nbtasks.errors import Refusal
from nbtasks.importer.syntax import FUNCTION, called, changed, mentioned, root

#: What IPython gives, beside the names of Python.
GIVEN = {*dir(builtins), *["display", "get_ipython", "In", "exit", "quit", "__file__"]}
#: How code gets at names of the notebook that it does not say.
BY_NAME = {"eval", "exec", "globals"}
#: Magics around Python code, those that set something, and those that bring names.
TIMED = re.compile(r"(\s*(?:[\w, ]+=\s*)?)%(?:time|timeit|prun|memit)\b(?:\s+-\w\s*\d*)*\s*(.*)")
PYTHON_CELL = re.compile(r"\s*%%(time|timeit|capture|prun|memit)\b")
MAGICS = {
    "setting": re.compile(r"%(cd|config|env|load_ext|matplotlib|precision)\b"),
    "names": re.compile(r"%(run|pylab)\b"),
}
#: Functions of a module that set something for all that follows.
SET = re.compile(
    r"(set|register|enable|disable|init)\w*|append|basicConfig|chdir|default|extension|"
    r"filterwarnings|insert|ioff|ion|load_dotenv|(manual_)?seed|pandas|rc|simplefilter|update|use"
)
#: Those of which the last call counts, whatever its arguments.
SETS_ALL = re.compile(r"\.(set|set_(?!option|default|param)\w+|use|simplefilter)$")
#: Magics that a task does not need.
IDLE = re.compile(r"%matplotlib (inline|notebook|widget)|%load_ext autoreload|%autoreload")
#: What makes a class, whose values can only be loaded where it is.
DEFINE = re.compile(r"namedtuple|NamedTuple|TypedDict|NewType|TypeVar|make_dataclass|(Int)?Enum")
LITERAL = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.BinOp)
LITERAL += (ast.operator, ast.unaryop, ast.expr_context)


@dataclass(eq=False)
class Statement:
    """A statement of a cell, or a magic in it that sets something; cells count from 1."""

    cell: int
    text: str
    kind: str  #: import, names (a star import, %run), function, constant, setting or value
    lines: range  #: where it is in the cell, from 0
    node: ast.stmt | None = None
    needs: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    mentions: set[str] = field(default_factory=set)  #: in texts that are code, such as formulas
    sets: set[str] = field(default_factory=set)  #: by `global`, in a function or one it calls
    imports: dict[str, str] = field(default_factory=dict)  #: name -> what it is imported from


def as_python(source: str) -> list[str]:
    """Return the lines of a cell, its magics replaced by what Python can read."""
    lines = source.splitlines()
    if source.lstrip().startswith("%%"):
        lines = ["", *lines[1:]] if PYTHON_CELL.match(source) else []
    for number, commented in enumerate(comment_magic(list(lines), "python")):
        line = lines[number]
        if line != commented:
            timed, bound = TIMED.match(line), re.match(r"\s*[\w, ]+=", line)
            plain = bound[0] + " get_ipython()" if bound else line[: -len(line.lstrip())] + "pass"
            lines[number] = timed[1] + timed[2] if timed else plain
    return lines


def read(cell: int, source: str) -> list[Statement]:
    """Cut a cell into its statements."""
    typed, lines = source.splitlines(), as_python(source)
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError as error:
        what = f"cell {cell} is no Python: line {error.lineno}: {error.msg}"
        raise Refusal(what) from None
    nodes = [node for node in tree.body if not isinstance(node, ast.Pass)]  # such as a magic
    found = [describe(cell, node, typed, lines) for node in nodes]
    for n, line in enumerate(typed):
        kinds = [kind for kind, magic in MAGICS.items() if magic.match(line)]
        found += [Statement(cell, line, k, range(n, n + 1)) for k in kinds if not IDLE.match(line)]
    return sorted(found, key=lambda statement: statement.lines.start)


def describe(cell: int, node: ast.stmt, typed: list[str], lines: list[str]) -> Statement:
    """Tell what a statement needs, binds and changes."""
    scopes = checker.Checker(ast.Module([node], []), builtins=GIVEN)
    start = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))]) - 1
    needs = {m.message_args[0] for m in scopes.messages if isinstance(m, messages.UndefinedName)}
    module = next(s for s in scopes.deadScopes if isinstance(s, checker.ModuleScope))
    given = {item for item in module.values() if isinstance(item, checker.Builtin)}
    needs |= {item.name for item in given if item.used}  # a notebook may define them anew
    bindings = [item for item in module.values() if item not in given]
    binds = {item.name for item in bindings if item.name.isidentifier()}
    plain = [item for item in bindings if isinstance(item, checker.Importation)]
    dotted = checker.SubmoduleImportation
    imports = {i.name: i.name if isinstance(i, dotted) else i.fullName for i in plain}
    text, kind, sets = ast.get_source_segment("\n".join(lines), node), kind_of(node), set()
    if isinstance(node, FUNCTION):  # with its decorators, and the comment above it
        while start and lines[start - 1].startswith("#"):
            start -= 1
        inside = slice(start, node.end_lineno)
        text, binds = "\n".join(typed[inside]), {node.name}
        sets = {n for item in ast.walk(node) if isinstance(item, ast.Global) for n in item.names}
        needs |= sets | ({"get_ipython"} if typed[inside] != lines[inside] else set())
    changes = {name for name in changed(node) if name in needs | binds} | sets
    at, named = range(start, node.end_lineno), mentioned(node)
    return Statement(cell, text, kind, at, node, needs, binds, changes, named, sets, imports)


def kind_of(node: ast.stmt) -> str:
    """Return the kind of a statement, as far as it can be seen without the others."""
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        return "names"
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.If, ast.Try, ast.With)):
        inner = {type(child) for child in ast.walk(node)}
        found = inner & {ast.Import, ast.ImportFrom} and not inner & {*FUNCTION, ast.For}
        return "import" if found else "value"
    single = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    made = single and isinstance(node.value, ast.Call) and DEFINE.fullmatch(called(node.value))
    if isinstance(node, FUNCTION) or made or (single and isinstance(node.value, ast.Lambda)):
        return "function"
    literal = single and all(isinstance(child, LITERAL) for child in ast.walk(node.value))
    return "constant" if literal else "value"


def is_setting(item: Statement, known: set[str], imported: set[str]) -> bool:
    """Tell whether a statement sets something in a module, for all that follows."""
    if item.kind != "value" or item.needs - known - GIVEN:
        return False
    value = getattr(item.node, "value", None)
    if isinstance(item.node, ast.Assign):
        (target, *_) = item.node.targets
        return not isinstance(target, ast.Name) and root(target) in imported
    is_call = isinstance(item.node, ast.Expr) and isinstance(value, ast.Call)
    return is_call and root(value) in imported and bool(SET.fullmatch(called(value)))


def setting_key(item: Statement) -> str:
    """Return what a setting sets, of which only the last one counts."""
    head, sign = re.match(r"([^(=]+)(.?)", item.text).groups()
    return head if sign == "=" or SETS_ALL.search(head) else item.text


def follow_calls(statements: list[Statement]) -> None:
    """Let what uses a function change and set what the function does."""
    functions = {n: item for item in statements if item.kind == "function" for n in item.binds}
    pending = list(statements)
    while pending:
        item = pending.pop()
        for function in (functions[name] for name in item.needs if name in functions):
            if function.changes - item.changes or function.sets - item.sets:
                item.changes |= function.changes
                item.sets |= function.sets
                pending += [user for user in statements if user.needs & item.binds]
    for item in statements:
        item.binds |= item.sets if item.kind != "function" else set()
