"""What the pages of docs/gateways/ give to paste."""

import re
from pathlib import Path
from typing import Any

import yaml

PAGES = Path(__file__).parent.parent / "docs" / "gateways"


def yaml_under(page: str, heading: str) -> Any:
    """Return the first YAML block under a heading of a page, parsed."""
    text = (PAGES / page).read_text(encoding="utf-8")
    found = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no heading {heading!r}"
    block = re.search(r"```yaml\n(.*?)```", found[1], re.DOTALL)
    assert block, f"{page} gives no YAML under {heading!r}"
    return yaml.safe_load(block[1])
