"""`make bench`: what the service costs, in one run, as ratios to the least a guard could do; and a replay's time.

Absolute figures are one machine's on one day; the ratios are what to compare.
"""

import argparse
import json
import sys
from typing import Any

from aiohttp import web

from bench import bare, costs, fake_azure, gateways, replay, slow_azure, streams_run

PARTS = ("costs", "gateways", "streams", "replay")


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS[:-1])} or {PARTS[-1]}; absent, all")
    parser.add_argument("--requests", type=int, default=1500, help="costs, gateways: counted requests of each round")
    parser.add_argument("--at-once", type=int, default=16, help="costs, gateways: requests in flight")
    parser.add_argument("--rounds", type=int, default=3, help="costs, gateways: rounds; the two sides take turns")
    parser.add_argument("--streams", type=int, default=500, help="streams: how many at once")
    parser.add_argument("--records", type=int, default=1_000_000, help="replay: records, 3 kB each")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--serve", choices=["azure", "slow-azure", "bare"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--azure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        web.run_app(_app(options), host="127.0.0.1", port=options.port, access_log=None, print=None)
        return 0
    unknown = sorted(set(options.parts) - set(PARTS))
    if unknown:
        parser.error(f"unknown part {unknown[0]!r}; known: {', '.join(PARTS)}")
    told = _measured(options)
    tables = "\n\n".join(f"{name}\n{_table(rows)}" for name, rows in told.items())
    print(json.dumps(told, indent=2) if options.json else tables)
    return 0


def _app(options: argparse.Namespace) -> web.Application:
    if options.serve == "bare":
        return bare.create(options.azure)
    return fake_azure.create() if options.serve == "azure" else slow_azure.create()


def _measured(options: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    parts = options.parts or PARTS
    told: dict[str, list[dict[str, Any]]] = {}
    load = costs.Load(options.requests, options.at_once, options.rounds)
    if "costs" in parts:
        told["costs"] = costs.measure(load)
    if "gateways" in parts:
        told["gateways"] = gateways.measure(load)
    if "streams" in parts:
        told |= streams_run.measure(options.streams)
    if "replay" in parts:
        told["replay"] = [replay.measure(options.records)]
    return told


def _table(rows: list[dict[str, Any]]) -> str:
    names = list(rows[0])
    lines = [[str(row[name]) for row in rows] for name in names]
    width = max(map(len, names))
    return "\n".join(
        f"{name:<{width}}  " + "  ".join(f"{cell:>14}" for cell in cells)
        for name, cells in zip(names, lines, strict=True)
    )


if __name__ == "__main__":
    sys.exit(main())
