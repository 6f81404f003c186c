"""The dashboard runs wherever Python does: nothing that only POSIX has is used outside guarded code, no file has a name
that Windows cannot hold, and the container is built from files that are here.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = [ROOT / "dashboard.py", *sorted((ROOT / "nn_core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]

#: Modules and functions that Windows lacks.
MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "select", "syslog", "termios", "tty"}
FUNCTIONS = {
    "os": {"fork", "forkpty", "getuid", "geteuid", "getgid", "getpgid", "killpg", "mkfifo", "nice", "openpty", "pipe2",
           "sched_getaffinity", "sched_setaffinity", "setsid", "setpgid", "statvfs", "sysconf", "uname",
           "wait", "waitpid"},
    "signal": {"SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1", "SIGUSR2", "alarm", "pause"},
    "time": {"tzset", "clock_gettime"},
    "socket": {"AF_UNIX", "socketpair"},
}  # fmt: skip


def posix_only(tree: ast.AST, guarded: bool = False):
    """Names of what only POSIX has, used where no `if` or condition asks for the system first."""
    for node in ast.iter_child_nodes(tree):
        inside = guarded
        if isinstance(node, ast.If | ast.IfExp) and re.search(
            r"sys\.platform|os\.name|hasattr", ast.unparse(node.test)
        ):
            inside = True
        if not guarded:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if alias.name in MODULES)
            elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
                yield node.module
            elif (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.attr in FUNCTIONS.get(node.value.id, ())
            ):
                yield f"{node.value.id}.{node.attr}"
        yield from posix_only(node, inside)


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_only_posix_has_is_guarded(path):
    assert list(posix_only(ast.parse(path.read_text("utf-8")))) == []


def test_the_check_itself_finds_what_it_looks_for():
    assert list(posix_only(ast.parse("import fcntl\nos.fork()"))) == ["fcntl", "os.fork"]
    assert list(posix_only(ast.parse("if sys.platform != 'win32':\n    import fcntl\n    os.fork()"))) == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_text_files_are_read_and_written_as_utf_8(path):
    """Where the system's own encoding is another, texts of the page must not change."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        words = ast.unparse(node)
        if name in ("read_text", "write_text"):
            assert "utf-8" in words or "lock" in words, words  # a lock holds nothing but digits
        elif name == "open" and isinstance(node.func, ast.Name) and len(node.args) > 1:
            assert "b" in ast.unparse(node.args[1]) or "utf-8" in words, words


def test_every_file_has_a_name_that_windows_can_hold():
    skipped = {".git", ".venv", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis"}
    names = [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*")
        if path.is_file() and not skipped & set(path.relative_to(ROOT).parts)
    ]
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert len(name) < 120 and not re.search(r'[<>:"\\|?*]|[ .](/|$)', name), name
        for part in name.split("/"):
            assert not re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", part, re.IGNORECASE), name


def test_the_container_is_built_from_what_is_here():
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert all((ROOT / name).exists() for name in copied)
    needed = {"requirements.txt", "dashboard.py", "nn_core", "pages", "assets", ".streamlit"}
    assert needed <= set(copied)
    assert any(line.startswith("USER ") for line in lines)
    assert any(line.startswith("CMD ") and "dashboard.py" in line for line in lines)
