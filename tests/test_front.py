"""What the strict Content-Security-Policy and right-to-left screens need of templates, styles and scripts."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted(path for path in (ROOT / "static").rglob("*.css"))
SCRIPTS = sorted(path for path in (ROOT / "static").rglob("*.js") if ".min." not in path.name)

PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border)-(?:left|right)|(?:left|right)|border-(?:top|bottom)-(?:left|right)-radius)\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def found(pattern: str, text: str) -> list[str]:
    return [match.group(0).strip() for match in re.finditer(pattern, text, re.IGNORECASE)]


def without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)


def test_there_is_something_to_look_at() -> None:
    assert TEMPLATES
    assert STYLES
    assert SCRIPTS


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_hold_no_inline_style_or_script(path: Path) -> None:
    text = path.read_text()
    assert found(r"\sstyle\s*=|<style\b|\son[a-z]+\s*=|\bhx-on\b|javascript:|[\"']js:", text) == []
    assert [tag for tag in found(r"<script\b[^>]*>", text) if "src=" not in tag and "application/json" not in tag] == []


@pytest.mark.parametrize("path", STYLES, ids=name)
def test_styles_know_no_left_or_right(path: Path) -> None:
    assert [match.group(0) for match in PHYSICAL.finditer(without_comments(path.read_text()))] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_scripts_make_no_code_from_text(path: Path) -> None:
    assert found(r"\beval\(|new Function\(|document\.write\(", path.read_text()) == []
