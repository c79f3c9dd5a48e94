"""Install the Portkey gateway that these tests start: `python install.py FOLDER`.

One known version, for its behaviour is observed rather than specified. Its HTTP server is held at the last version it
works with: with a newer one every streamed answer is a 500. The two archives are compared with the digests below before
anything is installed; what they depend on is resolved as of one day. No scripts of packages are run.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

# Name and version: SHA-512.
ARCHIVES: Final = {
    "@portkey-ai/gateway@1.15.2": (
        "OuwwQEJ0rnKQuPgaCqyMpP+X5Uly2h9EBDm5Lx/NYu9MXTzB/nKrKgjd8J3vPGeNpYoyxTzKSzTV2tGv8Dd+fg=="
    ),
    "@hono/node-server@1.14.1": (
        "vmbuM+HPinjWzPe7FFPWMMQMsbKE9gDPhaH0FFdqbGpkT5lp++tcWDTxwBl5EgS5y6JVgIaCdjeHRfQ4XRBRjQ=="
    ),
}
AS_OF: Final = "2026-11-24"
OLDEST_NODE: Final = 20
NEEDED: Final = f"The tests with the real Portkey gateway need Node.js {OLDEST_NODE} or newer, with npm"
OPTIONS: Final = ("--no-package-lock", "--no-save", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund")


def main() -> None:
    """Fill the folder named on the command line; ends with a sentence when that cannot be."""
    if len(sys.argv) != 2:
        sys.exit("Name the folder to install into.")
    folder = Path(sys.argv[1]).resolve()
    npm = _npm()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archives = [_fetch(npm, folder, name, digest) for name, digest in ARCHIVES.items()]
    _run(npm, "install", *OPTIONS, f"--before={AS_OF}", "--prefix", str(folder), *archives, cwd=folder)


def _npm() -> str:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        sys.exit(f"{NEEDED}: install it and try again.")
    told = re.match(r"v(\d+)", _run(node, "--version"))
    if told is None or int(told[1]) < OLDEST_NODE:
        sys.exit(f"{NEEDED}: {node} is older.")
    return npm


def _fetch(npm: str, folder: Path, name: str, digest: str) -> str:
    """Download one archive and compare it with its digest."""
    packed = json.loads(_run(npm, "pack", "--json", "--ignore-scripts", name, cwd=folder))
    archive = folder / packed[0]["filename"]
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != digest:
        sys.exit(f"The archive of {name} is not the one these tests know: its SHA-512 is {found}.")
    return str(archive)


def _run(program: str, *arguments: str, cwd: Path | None = None) -> str:
    done = subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603 (found in PATH, arguments are ours)
    if done.returncode:
        sys.exit(f"{program} {arguments[0]} failed:\n{done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    main()
