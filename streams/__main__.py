"""`tocsin`, and `python -m streams`: loads the command line, during which Ctrl-C is no traceback either."""

import sys


def main() -> None:
    """Run the command line and exit."""
    try:
        from streams.cli import main as run
    except KeyboardInterrupt:
        print("tocsin: interrupted", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
