"""`gateway try` plays every gateway's calls against a real service, and its exit code is what may be relied on."""

import asyncio
import contextlib
import re
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import orjson
import pytest
from aiohttp import web
from azure_calls import until
from gateway_calls import policies
from running import KEY, STRICT_KEY

from guardrails.cli.caller import WrongAnswer
from guardrails.cli.gateway.trouble import EmulatorControl
from guardrails.emulator.config import EmulatorConfig
from guardrails.emulator.presets import preset
from guardrails.emulator.scenarios import Effect, Scenario
from guardrails.emulator.serve import Emulator
from guardrails.gateways.catalogue import GATEWAYS
from guardrails.gateways.peer import Outcome
from guardrails.gateways.peers import PEERS

DOCS = Path(__file__).parents[2] / "docs" / "gateways"
NAMES = [peer.name for peer in PEERS]
FIRST = NAMES[0]
INTERRUPTIBLE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from guardrails.cli.main import main; main()"
)
"""The command with Ctrl-C as at a terminal: what a shell runs in the background is deaf to it, and its children too."""
TROUBLES = ["damaged", "wrong key", "unreachable"]


@pytest.fixture
async def watched(start_service):
    return await start_service(policies=policies())


@pytest.fixture
def ask(run, watched, emulator):
    """Run `gateway try` beside the service; `emulator=True` adds what an outage needs."""

    async def ask(*arguments: str, url: str | None = None, key: str = KEY, outage: bool = False):
        more = ["--emulator", emulator.url, "--emulator-ca-file", str(emulator.ca_file)] if outage else []
        command = ("gateway", "try", *arguments, "--url", url or watched.url, *more)
        return await asyncio.to_thread(run, *command, env={"GUARDRAILS_KEY": key})

    return ask


@pytest.fixture
def stranger(emulator) -> Iterator[str]:
    """The URL of a server of TLS with a certificate from nobody known. Not the emulator: asyncio's servers do not close
    the socket of a client that leaves in the middle of a handshake."""
    context = emulator.certificates.server_context()
    leaving = threading.Event()

    def serve(listening: socket.socket) -> None:
        while not leaving.is_set():
            with contextlib.suppress(OSError):
                accepted, _ = listening.accept()
                context.wrap_socket(accepted, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        leaving.set()
        thread.join(10)


def calls_of(result) -> dict[str, dict]:
    [told] = orjson.loads(result.stdout)["gateways"]
    return {call["call"]: call for call in told["calls"]}


@pytest.mark.parametrize("name", NAMES)
async def test_every_call_of_a_gateway_ends_as_the_shipped_policy_promises(ask, emulator, name):
    result = await ask(name, "--json", outage=True)
    assert result.exit_code == 0, result.output
    told = orjson.loads(result.stdout)
    assert (told["good"], [gateway["name"] for gateway in told["gateways"]]) == (True, [name])
    calls = told["gateways"][0]["calls"]
    assert all(call["good"] and call["effects"] for call in calls)
    assert {"pass", "block", "mutate", *TROUBLES, "outage"} <= {call["call"] for call in calls}
    for call in calls:
        if call["expected"] is not None:
            assert {effect["outcome"] for effect in call["effects"]} == {call["expected"]}
            assert call["compared"] == "as promised"
    assert list(emulator.state.scenarios) == []


@pytest.mark.parametrize("name", NAMES)
async def test_a_policy_that_only_watches_ends_with_code_1(ask, name):
    result = await ask(name, "--policy", "watching", "--json")
    assert result.exit_code == 1, result.output
    call = calls_of(result)["block"]
    assert (call["good"], call["compared"], call["expected"]) == (False, "weaker", "block")
    assert Outcome.PASS in {effect["outcome"] for effect in call["effects"]}


@pytest.mark.parametrize("name", NAMES)
async def test_the_lines_for_people_name_each_call_and_what_is_wrong(ask, name):
    result = await ask(name, "--policy", "watching")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{name} waits ")
    for call in ("pass", "block", "mutate", *TROUBLES):
        assert re.search(rf"^{call} +\S", result.stdout, re.MULTILINE), call
    assert re.search(rf"^{name}: \d+ calls not as the shipped policy promises: .*weaker", result.stdout, re.MULTILINE)


async def test_all_gateways_are_played_one_after_the_other(ask):
    result = await ask("all", "--json")
    assert result.exit_code == 0, result.output
    assert [gateway["name"] for gateway in orjson.loads(result.stdout)["gateways"]] == NAMES


async def test_a_stricter_policy_is_told_from_a_weaker_one(ask):
    result = await ask(FIRST, "--policy", "strict", "--json")
    assert result.exit_code == 1
    assert {call["compared"] for call in calls_of(result).values() if not call["good"]} == {"stricter"}


async def test_an_outage_that_is_only_reported_is_left_to_the_gateway_and_told(ask):
    result = await ask(FIRST, "--policy", "reporting", "--json", outage=True)
    call = calls_of(result)["outage"]
    assert (call["status"], call["verdict"]) == (503, "block")
    assert result.exit_code == int(Outcome.PASS in {effect["outcome"] for effect in call["effects"]})


async def test_what_a_gateway_does_without_us_is_told_and_is_no_failure(ask):
    result = await ask("portkey")
    assert result.exit_code == 0
    mind = [line for line in result.stdout.splitlines() if line.startswith("Mind: ")]
    assert len(mind) == 2
    assert all("failOnError: false" in line for line in mind)


async def test_a_service_that_lets_any_key_in_ends_with_code_1(ask, watched):
    """A stand-in between: it gives the right key to whoever comes."""

    async def forward(request: web.Request) -> web.Response:
        headers = {"Content-Type": request.content_type}
        answer = await watched.post(request.path, data=await request.read(), headers=headers)
        return web.json_response(answer.body, status=answer.status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", forward)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        result = await ask(FIRST, url=f"http://127.0.0.1:{site.port}")
    finally:
        await runner.cleanup()
    assert result.exit_code == 1, result.output
    assert "with a wrong key: 401 was due" in result.stdout


@pytest.mark.parametrize(("name", "meant"), [("portky", "portkey"), ("al", "all")])
def test_an_unknown_name_is_code_2_with_the_one_that_was_meant(run, name, meant):
    result = run("gateway", "try", name, "--key", "k")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"did you mean '{meant}'?" in result.stderr


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://127.0.0.1:9"])
async def test_no_service_at_the_url_is_code_2(ask, url):
    result = await ask(FIRST, url=url)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("guardrails: ")
    assert result.stdout == ""


async def test_a_service_whose_certificate_is_not_trusted_is_code_2(ask, stranger):
    result = await ask(FIRST, url=stranger)
    assert result.exit_code == 2, result.output
    assert "is not trusted" in result.stderr


async def test_a_silent_service_is_code_2(run, monkeypatch):
    monkeypatch.setattr("guardrails.cli.gateway.line.LONGEST_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        result = await asyncio.to_thread(run, "gateway", "try", FIRST, "--url", url, "--key", "k")
    assert result.exit_code == 2, result.output
    assert "no answer to the first call" in result.stderr


async def test_another_path_at_the_service_is_code_2(ask, watched):
    result = await ask(FIRST, url=f"{watched.url}/elsewhere/")
    assert result.exit_code == 2, result.output
    assert "no door for" in result.stderr


async def test_a_key_that_is_refused_is_code_2(ask):
    result = await ask(FIRST, key="not-the-key")
    assert result.exit_code == 2, result.output
    assert result.stderr.endswith("guardrails: the service refuses the key\n")


async def test_a_policy_that_is_not_the_callers_is_code_2_and_names_his(ask):
    result = await ask(FIRST, "--policy", "default", key=STRICT_KEY)
    assert result.exit_code == 2, result.output
    assert "watching" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("--key", "a\nb")])
def test_a_key_that_is_missing_or_cannot_be_sent_is_code_2(run, arguments):
    assert run("gateway", "try", FIRST, *arguments).exit_code == 2


async def test_an_emulator_that_the_service_does_not_ask_is_code_2(run, watched, emulator_thread):
    other = Emulator(EmulatorConfig(), keys=emulator_thread.emulator._keys)
    async with other:
        options = ("--emulator", other.url, "--emulator-ca-file", str(other.ca_file))
        command = ("gateway", "try", FIRST, "--url", watched.url, "--key", KEY, *options)
        result = await asyncio.to_thread(run, *command)
        assert list(other.state.scenarios) == []
    assert result.exit_code == 2, result.output
    assert "is this the emulator it stands in front of?" in result.stderr


async def test_an_emulator_whose_authority_was_not_named_is_code_2(ask, stranger):
    result = await ask(FIRST, "--emulator", stranger)
    assert result.exit_code == 2, result.output
    assert "--emulator-ca-file" in result.stderr


@pytest.mark.parametrize("url", ["https://localhost:9", "nonsense"])
async def test_an_emulator_that_is_not_there_is_code_2(ask, url):
    result = await ask(FIRST, "--emulator", url)
    assert result.exit_code == 2, result.output


async def test_a_service_is_no_emulator(ask, watched):
    result = await ask(FIRST, "--emulator", watched.url)
    assert result.exit_code == 2, result.output
    assert "is no emulator" in result.stderr


def test_a_file_that_is_no_certificate_is_code_2(run, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    result = run("gateway", "try", FIRST, "--key", "k", "--emulator-ca-file", str(file))
    assert (result.exit_code, result.stderr) == (2, f"guardrails: {file}: holds no certificate that can be used\n")


async def test_a_control_key_is_needed_where_the_emulator_has_one(emulator_thread):
    config = EmulatorConfig(control_key="steer")
    async with Emulator(config, keys=emulator_thread.emulator._keys) as other, aiohttp.ClientSession() as session:
        trust = other.certificates.client_context()
        await EmulatorControl(session, other.url, "steer", trust).require()
        with pytest.raises(WrongAnswer, match=r"does not listen.*--emulator-key"):
            await EmulatorControl(session, other.url, "wrong", trust).require()


async def test_an_outage_leaves_the_troubles_of_others_alone(emulator):
    [own] = emulator.state.scenarios.add(preset("latency", service="chat"))
    async with aiohttp.ClientSession() as session:
        control = EmulatorControl(session, emulator.url, None, emulator.certificates.client_context())
        with contextlib.suppress(ZeroDivisionError):
            async with control.outage():
                assert len(emulator.state.scenarios) == 4
                raise ZeroDivisionError
    assert [identifier for identifier, _, _ in emulator.state.scenarios] == [own]


async def test_ctrl_c_ends_the_outage_as_well(watched, emulator):
    emulator.state.scenarios.add(Scenario(Effect(latency_ms=300), name="slow"))  # added first, it wins
    command = (sys.executable, "-c", INTERRUPTIBLE, "gateway", "try", FIRST, "--url", watched.url, "--key", KEY)
    options = ("--emulator", emulator.url, "--emulator-ca-file", str(emulator.ca_file))
    process = await asyncio.create_subprocess_exec(
        *command, *options, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    await until(lambda: len(emulator.state.scenarios) > 1, seconds=30)
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")
    assert [scenario.name for _, scenario, _ in emulator.state.scenarios] == ["slow"]


def test_the_list_names_doors_and_pages_that_are_there(run):
    told = orjson.loads(run("gateway", "list", "--json").stdout)["gateways"]
    assert [one["name"] for one in told] == [adapter.name for adapter in GATEWAYS]
    shown = run("gateway", "list").stdout
    for one in told:
        assert (DOCS.parents[1] / one["page"]).is_file()
        assert all(word in shown for word in (one["name"], *one["doors"], one["page"]))


async def test_the_page_prints_what_comes_out(ask):
    page = (DOCS / "README.md").read_text(encoding="utf-8")
    [printed] = re.findall(r"\$ guardrails gateway try portkey [^\n]*\n(portkey waits.*?)```", page, re.DOTALL)
    result = await ask("portkey", outage=True)
    assert [*map(_steady, printed.splitlines())] == [*map(_steady, result.stdout.splitlines())]


def _steady(line: str) -> str:
    return re.sub(r" +\d+ ms +", " … ms ", re.sub(r"  +", "  ", line))
