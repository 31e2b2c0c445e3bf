"""`make fuzz SECONDS=60`: every target under Atheris (libFuzzer, guided by the coverage of our Python code) in turn.

Inputs that reached new code are kept in .cache/fuzz/TARGET and begin the next run; an input that fails is written to
.cache/fuzz/TARGET-failed and named. `python -m tests.fuzz again TARGET FILE` runs one input without the fuzzer.
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache" / "fuzz"
#: Seconds that one input may take, and megabytes that a process may grow to.
SLOW, LARGE = 20, 3_000
#: Bytes of the longest input.
LONGEST = 4_096

#: Targets that read JSON: every other input is made by changing a value of one, not a byte.
JSON_TARGETS = ("codec", "bodies", "mapping")
TARGETS = ("codec", "bodies", "mapping", "rules", "matching", "events")


def main() -> int:
    """Fuzz for the time given, or do what a child process was started for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together")
    parser.add_argument("what", nargs="*", help="targets; or `again TARGET FILE`")
    given = parser.parse_args()
    match given.what:
        case ["again", target, file]:
            from tests.fuzz import targets

            targets.TARGETS[target](Path(file).read_bytes())
            return 0
        case ["one", target, seconds]:
            return _one(target, int(seconds))
        case chosen:
            names = chosen or list(TARGETS)
            failed = [name for name in names if not _run(name, max(1, given.seconds // len(names)))]
            print(f"fuzz: {len(names) - len(failed)} of {len(names)} targets without a finding", *failed)
            return 1 if failed else 0


def _run(target: str, seconds: int) -> bool:
    """Fuzz one target in a process of its own: libFuzzer ends the one that it runs in."""
    command = [sys.executable, "-m", "tests.fuzz", "one", target, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    said = done.stderr.splitlines() + done.stdout.splitlines()
    if done.returncode:
        print(f"fuzz: {target} failed; python -m tests.fuzz again {target} FILE", *said[-60:], sep="\n")
        return False
    last = next((line for line in reversed(said) if "exec/s" in line), "no input was run")
    print(f"fuzz: {target}: {' '.join(last.split())}")
    return True


def _one(target: str, seconds: int) -> int:
    import atheris

    with atheris.instrument_imports(include=["schemas", "streams"]):
        from tests.fuzz import structure, targets
    corpus, failed = CACHE / target, CACHE / f"{target}-failed"
    for folder in (corpus, failed):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in targets.seeds(target):
        (corpus / hashlib.sha256(seed).hexdigest()[:20]).write_bytes(seed)
    dictionary = CACHE / f"{target}.words"
    dictionary.write_text("".join(map(_quoted, targets.words(target))), encoding="utf-8")
    options = [
        f"-max_total_time={seconds}", f"-timeout={SLOW}", f"-rss_limit_mb={LARGE}", f"-max_len={LONGEST}",
        f"-dict={dictionary}", f"-artifact_prefix={failed}/", "-print_final_stats=0",
    ]  # fmt: skip

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        changed = structure.mutated(data, seed) if seed % 2 else None
        return changed if changed and len(changed) <= most else atheris.Mutate(data, most)

    by_structure = {"custom_mutator": mutate} if target in JSON_TARGETS else {}
    atheris.Setup([sys.argv[0], *options, str(corpus)], targets.TARGETS[target], **by_structure)
    atheris.Fuzz()
    return 0


def _quoted(word: str) -> str:
    """A line of libFuzzer's dictionary."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"\n'


if __name__ == "__main__":
    sys.exit(main())
