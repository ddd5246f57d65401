"""Makes the large and the numerous inputs of the races, the same bytes for the same seed.

    inputs.py text   FILE [--mib 1024]     lines of logs and source code
    inputs.py line   FILE [--mb 200]       the like of it in one line, without any line break
    inputs.py sparse FILE [--mb 3000]      a file of holes with a line at its begin, middle and end
    inputs.py tiny   DIRECTORY [--files 100000]

No input holds a secret: words such as `token` and `password` stand there as they do in ordinary code and logs, and digests,
UUIDs and base64 bodies occur at an ordinary rate.
"""

import argparse
import base64
import random
from collections.abc import Callable
from pathlib import Path

POOL_LINES = 60_000
CHUNK_LINES = 20_000
FILES_A_DIRECTORY = 100
EXTENSIONS = ["c", "py", "js", "json", "yml", "md", "go", "toml", "txt", "env"]

WORDS = """account archive backend balance batch binding buffer cache cargo catalog channel client cluster column commit config
connection consumer context counter cursor customer daemon deadline decoder default device digest driver element encoder endpoint
engine entry event feature filter folder frame gateway group handler header index instance invoice journal kernel key label ledger
limit listener loader lock manager mapping member message method metric middleware module monitor network node object offset order
packet parser password path payload payment peer pipeline plugin pointer policy pool process producer profile provider proxy query
queue range reader record region registry replica report request resolver resource response result route runtime sample schedule
schema secret segment server session setting shard signal slot snapshot socket source span state storage stream subject summary
switch symbol table task template tenant thread ticket timer token topic trace transaction transport trigger update upload user
value vector version volume watcher window worker writer zone""".split()

LEVELS = ["DEBUG", "INFO", "INFO", "INFO", "WARN", "ERROR"]
METHODS = ["GET", "GET", "GET", "POST", "PUT", "DELETE"]
AGENTS = ["curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "kube-probe/1.30", "Go-http-client/2.0"]


class LineMaker:
    """Draws single lines of text, each from one of the kinds below."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.kinds: list[Callable[[], str]] = [
            self.service_log, self.service_log, self.service_log, self.json_log, self.json_log, self.access_log, self.access_log,
            self.stack_frame, self.c_statement, self.c_statement, self.python_statement, self.python_statement, self.script_statement,
            self.yaml_entry, self.prose, self.prose, self.lock_entry, self.sql, self.base64_body, self.blank,
        ]

    def line(self) -> str:
        return self.random.choice(self.kinds)()

    def word(self) -> str:
        return self.random.choice(WORDS)

    def name(self) -> str:
        return "_".join(self.random.choices(WORDS, k=self.random.randint(1, 3)))

    def hex(self, digits: int) -> str:
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def uuid(self) -> str:
        return "-".join(self.hex(digits) for digits in (8, 4, 4, 4, 12))

    def time(self) -> str:
        pick = self.random.randrange
        return f"2025-{pick(1, 13):02}-{pick(1, 29):02}T{pick(24):02}:{pick(60):02}:{pick(60):02}.{pick(1000):03}Z"

    def address(self) -> str:
        return f"10.{self.random.randrange(256)}.{self.random.randrange(256)}.{self.random.randrange(1, 255)}"

    def service_log(self) -> str:
        return (f"{self.time()} {self.random.choice(LEVELS)} [{self.word()}-{self.random.randrange(32)}] {self.word()}.{self.name()}: "
                f"{self.word()} {self.word()} took {self.random.randrange(9000)} ms, {self.word()}={self.random.randrange(10**6)}, "
                f"request_id={self.uuid()}")

    def json_log(self) -> str:
        return (f'{{"ts":"{self.time()}","level":"{self.random.choice(LEVELS).lower()}","msg":"{self.word()} {self.word()} {self.word()}",'
                f'"trace":"{self.hex(32)}","{self.name()}":{self.random.randrange(10**5)},"host":"{self.word()}-{self.hex(5)}"}}')

    def access_log(self) -> str:
        return (f'{self.address()} - - [{self.time()}] "{self.random.choice(METHODS)} /api/v1/{self.word()}/{self.random.randrange(10**6)}'
                f'?{self.word()}={self.word()}&page={self.random.randrange(90)} HTTP/1.1" '
                f'{self.random.choice([200, 200, 200, 304, 404, 500])} {self.random.randrange(90000)} "-" "{self.random.choice(AGENTS)}"')

    def stack_frame(self) -> str:
        return (f"\tat com.example.{self.word()}.{self.word().title()}{self.word().title()}.{self.word()}"
                f"({self.word().title()}.java:{self.random.randrange(1, 2000)})")

    def c_statement(self) -> str:
        return self.random.choice([
            f"\tif ({self.name()}->{self.word()} == NULL || {self.word()}_len > {self.random.randrange(4096)})",
            f"\tret = {self.name()}({self.word()}, &{self.word()}, sizeof({self.name()}));",
            f"static int {self.name()}(struct {self.name()} *{self.word()}, u32 {self.word()})",
            f"#define {self.name().upper()}_{self.word().upper()} 0x{self.hex(8)}",
            f"\t/* {self.word()} the {self.word()} before the {self.word()} is released */",
        ])

    def python_statement(self) -> str:
        return self.random.choice([
            f"        self.{self.name()} = {self.word()}.get(\"{self.name()}\", {self.random.randrange(100)})",
            f"    password = os.environ.get(\"{self.name().upper()}\")",
            f"    def {self.name()}(self, {self.word()}: str, {self.word()}=None) -> dict[str, {self.word().title()}]:",
            f"    for {self.word()}, {self.word()} in enumerate({self.name()}.{self.word()}(token={self.word()})):",
        ])

    def script_statement(self) -> str:
        return self.random.choice([
            f"  const {self.word()} = await {self.word()}.{self.word()}({{ {self.word()}: '{self.name()}', key: {self.name()} }});",
            f"import {{ {self.word()} }} from '../{self.word()}/{self.name()}.js';",
            f"export function {self.word()}{self.word().title()}({self.word()}, {self.word()}) {{",
        ])

    def yaml_entry(self) -> str:
        return self.random.choice([
            f"  {self.name()}: \"{self.word()}\"",
            f"    image: registry.example.com/{self.word()}/{self.word()}@sha256:{self.hex(64)}",
            f"      - name: {self.name().upper()}",
            "            secretKeyRef: {name: " + self.word() + ", key: " + self.word() + "}",
        ])

    def prose(self) -> str:
        return " ".join(self.random.choices(WORDS, k=self.random.randint(6, 16))).capitalize() + "."

    def lock_entry(self) -> str:
        body = base64.b64encode(self.random.randbytes(64)).decode()
        return f'      "integrity": "sha512-{body}",'

    def sql(self) -> str:
        return (f"INSERT INTO {self.name()} (id, {self.word()}, {self.word()}) VALUES ('{self.uuid()}', "
                f"{self.random.randrange(10**7)}, '{self.word()}');")

    def base64_body(self) -> str:
        return base64.b64encode(self.random.randbytes(57)).decode()

    def blank(self) -> str:
        return ""


def write_text(path: Path, size: int, separator: str, seed: int) -> None:
    """Fills a file with draws from a pool of lines; `separator` stands between them."""
    maker = LineMaker(seed)
    pool = [maker.line() for _ in range(POOL_LINES)]
    written = 0
    with path.open("wb") as out:
        while written < size:
            chunk = (separator.join(maker.random.choices(pool, k=CHUNK_LINES)) + separator).encode()[:size - written]
            out.write(chunk)
            written += len(chunk)


def write_sparse(path: Path, size: int) -> None:
    with path.open("wb") as out:
        out.truncate(size)
        for offset in (0, size // 2, size - 64):
            out.seek(offset)
            out.write(b"a line of text between holes\n")


def write_tiny(directory: Path, count: int, seed: int) -> None:
    maker = LineMaker(seed)
    for number in range(count):
        folder = directory / f"{number // FILES_A_DIRECTORY:04}"
        if number % FILES_A_DIRECTORY == 0:
            folder.mkdir(parents=True, exist_ok=True)
        lines = [maker.line() for _ in range(maker.random.randint(1, 5))]
        (folder / f"{maker.word()}{number}.{maker.random.choice(EXTENSIONS)}").write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind, option, default in (("text", "--mib", 1024), ("line", "--mb", 200), ("sparse", "--mb", 3000), ("tiny", "--files", 100_000)):
        sub = kinds.add_parser(kind)
        sub.add_argument("path", type=Path)
        sub.add_argument(option, dest="amount", type=int, default=default)
    arguments = parser.parse_args()
    path, amount = arguments.path, arguments.amount
    if arguments.kind == "text":
        write_text(path, amount << 20, "\n", arguments.seed)
    elif arguments.kind == "line":
        write_text(path, amount * 10**6, ";", arguments.seed)
    elif arguments.kind == "sparse":
        write_sparse(path, amount * 10**6)
    else:
        write_tiny(path, amount, arguments.seed)


if __name__ == "__main__":
    main()
