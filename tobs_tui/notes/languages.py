"""Languages of fenced code. Only names of languages stand alone behind a fence: Obsidian and its plug-ins run or
replace blocks of other names (`query`, `mermaid`, `dataviewjs`), and the sender chose the name."""

from __future__ import annotations

import re

_NAMES = """
    ada apache applescript arduino asm assembly awk bash basic bat batch c c# c++ cfg clojure cmake cmd cobol coffeescript conf cpp
    crystal cs csharp csp css csv cuda cython d dart delphi diff docker dockerfile elisp elixir elm erlang f# fish fortran fsharp
    gdscript git glsl go golang gradle graphql groovy haml haskell hcl hlsl hs html http ini java javascript jinja jinja2 jl js json
    json5 jsonc jsx julia kotlin kt latex less lisp log lua make makefile markdown matlab md mysql nasm nginx nim nix node
    nohighlight none objc objectivec ocaml pascal patch perl php plain plaintext plsql postgresql powershell prolog properties
    protobuf ps1 puppet py python python3 qml r racket rb reg regex rs rst ruby rust sass scala scheme scss sh shell sol solidity
    sql squirrel stylus svelte swift systemd tcl terraform tex text toml ts tsx txt typescript v vala vb vba vbnet verilog vhdl vim
    vue wasm x86asm xml xslt yaml yml zig zsh
"""
KNOWN = frozenset(_NAMES.split())
_NAME = re.compile(r"[^\w+#.-]")


def fence_info(language: str) -> str:
    """What stands behind the opening backticks: the language, behind the word `text` when it isn't a known one."""
    name = _NAME.sub("", language)[:32]
    return name if not name or name.lower() in KNOWN else f"text {name}"
