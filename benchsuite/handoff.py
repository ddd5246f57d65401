"""The contestants of the race `handoff`: one scan without handing off, with nothing to hand off, with one finding that is delivered."""

import base64
import contextlib
import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from measure import Contestant
from tools import Tool

NOTHING = "keyfuse, nothing to hand off"
ONE = "keyfuse, one handed off"
SHOWN = "keyfuse scan --no-ignore --format json --report-path <report> <target> <planted>"


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes every notice with 202 and an empty body, and counts them."""

    protocol_version = "HTTP/1.1"
    taken = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.taken += 1
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


def random_text(length: int) -> str:
    return base64.b64encode(os.urandom(length)).decode().translate(str.maketrans("", "", "+/="))


@contextlib.contextmanager
def contestants(tool: Tool, target: Path, scratch: Path) -> Iterator[list[Contestant]]:
    """Plants one credential beside the target, and starts a receiver on loopback; each run begins with the journal of the first."""
    executable = tool.executable()
    if executable is None:
        raise SystemExit(f"{tool.name} is not to be found: set {tool.variable} to its binary")
    planted = scratch / "planted"
    planted.mkdir()
    (planted / "start.env").write_text(f'export SERVICE_TOKEN="{random_text(60)[:40]}"\n')
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    key = scratch / "hook.key"
    key.touch(0o600)
    key.write_text(f"whsec_{base64.b64encode(os.urandom(32)).decode()}\n")

    reference = f"file:{key}"

    def home(name: str, is_confirmed: bool) -> Path:
        folder = scratch / name
        (folder / "config").mkdir(parents=True)
        # The rule of what is planted alone: whatever the target itself proves is told to nobody.
        (folder / "config" / "config.toml").write_text(
            f'[[endpoint]]\nname = "hook"\ndialect = "native"\nurl = "http://127.0.0.1:{server.server_port}/"\n'
            f'rules = ["generic-secret"]\nsecret = "{reference}"\n'
        )
        environment = {**os.environ, "KEYFUSE_HOME": str(folder)}
        commands = [["key", "make"]]
        if is_confirmed:
            commands.append(["confirm", f"{planted / 'start.env'}:1", "--reason", "planted for this race"])
        for words in commands:
            subprocess.run([executable, *words], env=environment, check=True, capture_output=True)
        journal = folder / "state" / "handoff.jsonl"
        if is_confirmed:
            journal.rename(folder / "first.jsonl")
        return folder

    def contestant(name: str, folder: Path, flags: list[str]) -> Contestant:
        first, journal = folder / "first.jsonl", folder / "state" / "handoff.jsonl"
        # The same few steps of a shell for all three, so that they count for none.
        steps = 'rm -f "$2"; [ ! -e "$1" ] || cp "$1" "$2"; shift 2; exec "$@"'
        scan = [executable, "scan", "--no-ignore", "--format", "json", "--report-path", str(scratch / "report.json"), str(target), str(planted)]
        command = [shutil.which("env") or "env", f"KEYFUSE_HOME={folder}", "sh", "-c", steps, "sh", str(first), str(journal), *scan, *flags]
        return Contestant(name, command, frozenset({0, 1, 3}), " ".join([SHOWN, *flags]))

    plain, with_one = home("nothing", False), home("one", True)
    try:
        yield [
            contestant(tool.name, plain, []),
            contestant(NOTHING, plain, ["--handoff"]),
            contestant(ONE, with_one, ["--handoff"]),
        ]
    finally:
        server.shutdown()
        server.server_close()
