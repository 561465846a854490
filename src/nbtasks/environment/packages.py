"""Tell which package a module comes from: of the installed ones, or by pipreqs's table."""

import functools
import importlib
import importlib.metadata
import logging
import re
import sys
import warnings
from typing import Any

from packaging.utils import canonicalize_name

#: Part of Python in some of the versions that a project may run on, or for type checkers only.
PYTHON = sys.stdlib_module_names | {
    *("annotationlib", "compression", "profiling", "tomllib"),  # newer than 3.10
    *("asynchat", "asyncore", "distutils", "imp", "smtpd"),  # gone by 3.12
    *("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap"),
    *("msilib", "nis", "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau"),
    *("telnetlib", "uu", "xdrlib"),  # gone by 3.13
    "_typeshed",
}
#: Module -> package, where pipreqs's table has nothing (and PyPI something else of that name) or
#: a package of Python 2.
NAMES = {
    "Bio": "biopython",
    "Image": "pillow",
    "Levenshtein": "levenshtein",
    "MySQLdb": "mysqlclient",
    "Xlib": "python-xlib",
    "absl": "absl-py",
    "attr": "attrs",
    "barcode": "python-barcode",
    "box": "python-box",
    "cairo": "pycairo",
    "community": "python-louvain",
    "consul": "python-consul",
    "cpuinfo": "py-cpuinfo",
    "cv2": "opencv-python",
    "dicom": "pydicom",
    "docx": "python-docx",
    "ee": "earthengine-api",
    "faiss": "faiss-cpu",
    "ffmpeg": "ffmpeg-python",
    "fitz": "pymupdf",
    "gi": "pygobject",
    "gitlab": "python-gitlab",
    "gnupg": "python-gnupg",
    "google.auth": "google-auth",
    "google.oauth2": "google-auth",
    "google.protobuf": "protobuf",
    "grpc": "grpcio",
    "igraph": "igraph",
    "imblearn": "imbalanced-learn",
    "jenkins": "python-jenkins",
    "jose": "python-jose",
    "kafka": "kafka-python",
    "mpl_toolkits": "matplotlib",
    "multipart": "python-multipart",
    "mysql": "mysql-connector-python",
    "nacl": "pynacl",
    "nmap": "python-nmap",
    "osgeo": "gdal",
    "pdfminer": "pdfminer-six",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "pwn": "pwntools",
    "pylab": "matplotlib",
    "pynvml": "nvidia-ml-py",
    "pythoncom": "pywin32",
    "pywintypes": "pywin32",
    "skfuzzy": "scikit-fuzzy",
    "skimage": "scikit-image",
    "skopt": "scikit-optimize",
    "sksurv": "scikit-survival",
    "snappy": "python-snappy",
    "socks": "pysocks",
    "speech_recognition": "speechrecognition",
    "sql": "jupysql",
    "stan": "pystan",
    "surprise": "scikit-surprise",
    "talib": "ta-lib",
    "tlz": "toolz",
    "umap": "umap-learn",
    "vlc": "python-vlc",
    "whois": "python-whois",
    "win32api": "pywin32",
    "win32com": "pywin32",
    "wx": "wxpython",
}
#: Modules that many packages share: each is called like what is imported of it.
SHARED = {"azure", "google", "ruamel"}
#: Their names so far, which are no package yet.
SHARED_STARTS = SHARED | {"azure.mgmt", "google.cloud"}
#: What follows the name of a package that is an edition of another one.
EDITION = re.compile(r"-(binary|headless|cpu|gpu|contrib.*|cu\d+)")


@functools.cache
def installed() -> dict[str, set[str]]:
    """Return which installed packages each module at the top comes from."""
    found = importlib.metadata.packages_distributions()
    return {module: set(map(canonicalize_name, names)) for module, names in found.items()}


@functools.cache
def is_installed(package: str) -> bool:
    """Tell whether a package is installed."""
    return any(package in names for names in installed().values())


@functools.cache
def holds(package: str, module: str) -> bool:
    """Tell whether one of several packages that share a name holds the module below it."""
    start = module.replace(".", "/")
    files = importlib.metadata.files(package) or []
    return any(file.as_posix().startswith((f"{start}/", f"{start}.")) for file in files)


def providers(module: str) -> set[str]:
    """Return the installed packages that a module, given by its dotted name, comes from."""
    names = installed().get(module.partition(".")[0], set())
    while len(names) > 1 and "." in module:
        if exact := {name for name in names if holds(name, module)}:
            return exact
        module = module.rpartition(".")[0]  # its last part is something in a module
    return names


@functools.cache
def load_pipreqs() -> Any:
    """Import pipreqs; a new Python warns of the style of what it needs, docopt and yarg."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("pipreqs.pipreqs")


@functools.cache
def guess(module: str) -> str:
    """Return what the package of a module that is not installed is probably called."""
    get_pkg_names = load_pipreqs().get_pkg_names

    top, *below = module.split(".")
    if top in SHARED and below:
        if known := NAMES.get(f"{top}.{below[0]}"):
            return known
        return canonicalize_name("-".join([top, *below[:2]]))
    return canonicalize_name(NAMES.get(top) or get_pkg_names([top])[0])


def comes_from(module: str, package: str) -> bool:
    """Tell whether a module comes from a package, which need not be installed."""
    if is_installed(package):
        return package in providers(module)
    names = likely(module)
    return package in names or any(
        package.startswith(name) and EDITION.fullmatch(package, len(name)) for name in names
    )


def likely(module: str) -> set[str]:
    """Return the names that the package of a module may have."""
    parts = module.split(".")
    names = {canonicalize_name("-".join(parts[:end])) for end in range(1, len(parts) + 1)}
    return names | {guess(module)}


def forget() -> None:
    """Forget what is installed, since that has changed."""
    for learned in (installed, is_installed, holds):
        learned.cache_clear()


def version_in_use(package: str) -> str | None:
    """Return the version of an installed package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def newest(package: str) -> str | None:
    """Return the newest version on PyPI, None if there is no such package or no network."""
    import requests

    get_imports_info = load_pipreqs().get_imports_info

    logging.disable(logging.WARNING)  # it tells of every package that it looks up
    try:
        found = get_imports_info([package], pypi_server="https://pypi.org/pypi/")
    except requests.RequestException:
        return None
    finally:
        logging.disable(logging.NOTSET)
    return found[0]["version"] if found else None
