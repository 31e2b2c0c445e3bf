"""Writes the dashboards' files."""

from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana import event, events, pipeline

FOLDER = Path(__file__).parent / "dashboards"


def written() -> dict[str, str]:
    """File name -> its text, of all dashboards."""
    encoder = JSONEncoder(sort_keys=True, indent=2)
    texts = {}
    for name, made in (("events", events), ("event", event), ("pipeline", pipeline)):
        built = made.dashboard().build()
        for number, panel in enumerate(built.panels or [], 1):
            panel.id_val = number  # what a link to one panel names
        texts[f"{name}.json"] = encoder.encode(built) + "\n"
    return texts


if __name__ == "__main__":
    for name, text in written().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
