"""What the service does not do yet. Each switch turns on the tests, and the rows of the leak matrix, that wait for it.

After a change here: `PYTHONPATH=tests python -m server.leaks.page` rewrites docs/leak-matrix.md.
"""

STREAMING = True
"""`stream: true`: otherwise it is refused."""

MEDIA = True
"""Images, audio and files are read or judged by the policy's `media`: otherwise such parts are refused."""

TURNS = True
"""Prompt Shield reads the last turns of the user once more as one text (`history`)."""
