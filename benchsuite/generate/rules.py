"""Makes a keyfuse.toml with many rules of the mix of kinds that a folder of rules has.

    rules.py RULES_FOLDER [--times 9] > keyfuse.toml

Every rule of the folder (those with a parser of their own left out) is the model of `--times` made ones: as many prefixes, infixes
and keywords, each of the same length and with vowels for vowels, consonants for consonants and digits for digits, so that they
occur in text about as often as such names do. With nine times the rules beside keyfuse's own there are ten times as many.
"""

import argparse
import random
import re
import tomllib
from pathlib import Path

VOWELS = "aaeeeiioou"
CONSONANTS = "bbccddffgghhkllmmnnpprrrsssttttvwxz"
DIGITS = "23456789"

# What 32 random hexadecimal digits have with certainty, in bits per character.
LEAST_ENTROPY = 2.8

# Bodies as tokens have them: the class of a pattern, its count, and the template that makes an example of it.
BODIES = [
    ("[0-9A-Za-z]", 36, "base62"), ("[0-9a-f]", 40, "hex"), ("[0-9A-Za-z]", 24, "base62"), ("[0-9a-f]", 32, "hex"),
    ("[0-9A-Za-z_-]", 43, "base64url"), ("[0-9a-z]", 32, "alnum"), ("[0-9A-F]", 32, "HEX"), ("[0-9a-f]", 64, "hex"),
]


def toml_text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def toml_list(values: list[str]) -> str:
    return "[" + ", ".join(map(toml_text, values)) + "]"


class RuleMaker:
    """Makes rules after models; no two of them share a prefix or an infix."""

    def __init__(self, seed: int, taken: set[str]):
        self.random = random.Random(seed)
        self.taken = taken

    def letter(self, like: str) -> str:
        for kinds in (VOWELS, CONSONANTS + "jqy"):
            if like.lower() in kinds:
                drawn = self.random.choice(kinds.rstrip("jqy"))
                return drawn.upper() if like.isupper() else drawn
        return self.random.choice(DIGITS) if like.isdigit() else like

    def literal(self, like: str) -> str:
        """A literal like another, made longer when there are no free ones of its length."""
        for attempt in range(1000):
            drawn = "".join(map(self.letter, like)) + (self.letter("b") if attempt > 100 else "")
            if drawn not in self.taken:
                self.taken.add(drawn)
                return drawn
        raise SystemExit(f"no literals like {like!r} are left")

    def rule(self, name: str, model: dict) -> str:
        prefixes = [self.literal(like) for like in model.get("prefix", [])]
        infixes = [self.literal(like) for like in model.get("infix", [])]
        keywords = [self.literal(like) for like in model.get("keywords", [])]
        alphabet, count, template = self.random.choice(BODIES)
        body = f"{alphabet}{{{count}}}"
        if prefixes:
            pattern, token = self.alternation(prefixes) + body, f"{prefixes[0]}%s"
        elif infixes:
            pattern, token = f"{body}{self.alternation(infixes)}{body}", f"%s{infixes[0]}%s"
        else:
            pattern, token = body, "%s"
        right, mask = (token.replace("%s", f"{{{kind}:{count}}}") for kind in (template, "x"))
        fields = [("prefix", prefixes), ("infix", infixes), ("keywords", keywords)]
        example_name = keywords[0] if keywords else "token"
        return "\n".join([
            "[[rule]]",
            f"id = {toml_text(name)}",
            f"title = {toml_text(name)}",
            f"evidence = {toml_text(model['evidence'])}",
            *(f"{field} = {toml_list(values)}" for field, values in fields if values),
            *(["assigned = true"] if model.get("assigned") else []),
            f"pattern = '''{pattern}'''",
            f"entropy = {min(model.get('entropy', LEAST_ENTROPY), LEAST_ENTROPY)}",
            f"severity = {toml_text(model['severity'])}",
            f"examples = {toml_list([f'{example_name}=«{right}»', f'{example_name}: «{right}»'])}",
            f"counterexamples = {toml_list([f'{example_name}={mask}'])}",
        ]) + "\n"

    @staticmethod
    def alternation(literals: list[str]) -> str:
        escaped = [re.sub(r"([^0-9A-Za-z_=:/ -])", r"\\\1", literal) for literal in literals]
        return escaped[0] if len(escaped) == 1 else f"(?:{'|'.join(escaped)})"


def models_of(folder: Path) -> list[dict]:
    files = sorted(folder.glob("*.toml"))
    rules = [rule for file in files for rule in tomllib.loads(file.read_text()).get("rule", [])]
    return [rule for rule in rules if "parser" not in rule]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="RULES_FOLDER")
    parser.add_argument("--times", type=int, default=9, help="made rules for each rule of the folder")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    models = models_of(arguments.folder)
    taken = {literal for rule in models for kind in ("prefix", "infix", "keywords") for literal in rule.get(kind, [])}
    maker = RuleMaker(arguments.seed, taken)
    print('provider = "Made"\ndocs = "generate/rules.py"\n')
    for number in range(arguments.times * len(models)):
        print(maker.rule(f"made-{number + 1}", models[number % len(models)]))


if __name__ == "__main__":
    main()
