"""`streams` and `schemas` are names that other folders bear too: one that stands in our packages' way is refused."""

import importlib.util
from pathlib import Path

from streams.errors import UserError


def refuse_strays() -> None:
    """Refuse to run where a folder of the user's own bears the name of one of our packages, without importing it.

    `python -m streams` would import what lies in the working folder in our package's stead. The script `tocsin` would
    not, but refuses too: what is started here later might.
    """
    home = Path(__file__).resolve().parents[1]
    for name, ours in (("schemas", "codec.py"), ("streams", "app.py")):
        found = [Path(name)] if Path(name).is_dir() and not Path(name, ours).is_file() else []
        spec = importlib.util.find_spec(name)
        places = (spec.submodule_search_locations or [spec.origin or name]) if spec else []
        found += [Path(place) for place in places if Path(place).resolve() != home / name]
        if found:
            raise UserError(
                f"{found[0].absolute()} bears the name of a package of Tocsin's: rename it, or run Tocsin elsewhere"
            )
