"""Reads the tree for the checks: which files there are, C++ without its comments and strings, and function bodies."""
import os
import re

SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__", ".cache"}
TEXT_ENDINGS = (".h", ".cpp", ".c", ".py", ".mjs", ".js", ".css", ".html", ".md", ".txt", ".cmake", ".in", ".json", ".sh",
                ".svg", ".map")
CPP_ENDINGS = (".h", ".cpp", ".c")
TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/"                               # comments
    r'|R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)"'      # raw strings
    r'|"(?:\\.|[^"\\\n])*"'                             # strings
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'", re.DOTALL)  # characters, but not digit separators


class Tree:
    """The files of the repository, whether committed or not."""

    def __init__(self, root):
        self.root = root
        self.files = []
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
            relative = os.path.relpath(folder, root)
            for name in sorted(names):
                path = name if relative == "." else f"{relative}/{name}"
                self.files.append(path)
        self._text = {}

    def text(self, path):
        if path not in self._text:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self._text[path] = file.read()
        return self._text[path]

    def code(self, path):
        """The text with comments and literals blanked out, lines kept."""
        return blank(self.text(path))

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def under(self, *folders, endings=CPP_ENDINGS):
        return [f for f in self.files if f.endswith(endings) and f.startswith(tuple(d + "/" for d in folders))]

    def texts(self):
        return [f for f in self.files if f.endswith(TEXT_ENDINGS) or "." not in os.path.basename(f).lstrip(".")]


def blank(text):
    def keep_lines(match):
        token = match.group(0)
        mark = '""' if token[0] in 'R"' else ""
        return mark + re.sub(r"[^\n]", " ", token)[len(mark):]

    return TOKEN.sub(keep_lines, text)


CONTROL = re.compile(r"\b(if|for|while|switch|catch|do|else|try)\b\s*(constexpr\b)?\s*(\(|$)")
TYPE = re.compile(r"\b(class|struct|union|enum|namespace|extern)\b")


def function_name(head):
    """The name when `head`, the text before a brace, begins a function; None for types, namespaces and initializers."""
    head = re.sub(r"^\s*#[^\n]*", "", head, flags=re.MULTILINE)
    head = re.sub(r"\btemplate\s*<[^{};]*?>\s*(?=\w)", "", head).strip()
    if "(" not in head or head.endswith(("=", ",", "(", "return")):
        return None
    before = head[: head.index("(")]
    if TYPE.search(before) or "=" in before or CONTROL.search(head):
        return None
    match = re.search(r"(operator\s*\S+|[~\w:]+)\s*$", before)
    if match is None:
        return "TEST_CASE" if "TEST_CASE" in head else None
    return match.group(1)


def functions(code):
    """Yields (name, first line, number of lines) of every outermost function body of blanked code."""
    depth_in_function = 0
    name, first = None, 0
    begin_of_head = 0
    line = 1
    for at, char in enumerate(code):
        if char == "\n":
            line += 1
        elif char == "{":
            if depth_in_function:
                depth_in_function += 1
                continue
            head = code[begin_of_head:at]
            name = function_name(head)
            if name:
                depth_in_function = 1
                first = line - head.lstrip().count("\n")
            begin_of_head = at + 1
        elif char == "}":
            if depth_in_function:
                depth_in_function -= 1
                if depth_in_function == 0:
                    yield name, first, line - first + 1
            if not depth_in_function:
                begin_of_head = at + 1
        elif char == ";" and not depth_in_function:
            begin_of_head = at + 1
