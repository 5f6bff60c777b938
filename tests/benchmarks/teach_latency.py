"""How long after a movement of the pen its probabilities are on screen while a network is taught.

python -m tests.benchmarks.teach_latency
python -m tests.benchmarks.teach_latency --movements 600 --data data

As `tests.benchmarks.pen_latency`, first with nothing else to do, then while one teaching after the other runs on the
same machine, from five samples of each digit, drawn from the embedded hands.
"""

import argparse
import json
import tempfile
import threading

from gradio_client import Client

from model.data import DEFAULT_DATA
from model.drawing.examples import load_examples
from model.drawing.samples import Sample, write_samples
from tests.benchmarks.devtools import browser
from tests.benchmarks.figures import tell
from tests.benchmarks.pen_latency import note, pen_latency, row
from tests.serving import serving

TAB = "Network"  # image and probabilities alone
SAMPLES_EACH = 5
STEPS = json.dumps({"steps": 300, "batch": 64})


class Teachings:
    """Teaches until the block is left, and counts the networks."""

    def __init__(self, address: str) -> None:
        self.count = 0
        self._address = address
        self._over = threading.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._teach)

    def _teach(self) -> None:
        client = Client(self._address, verbose=False)
        while not self._over.is_set():
            for told in client.submit(_samples(), "", STEPS, api_name="/fine_tune"):
                if told["state"] == "running":
                    self._begun.set()
                if self._over.is_set():
                    return
            self.count += 1

    def __enter__(self) -> "Teachings":
        self._thread.start()
        self._begun.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def _samples() -> str:
    hands = load_examples()
    each = {label: [drawing for _, other, drawing in hands if other == label] for label in "0123456789"}
    return write_samples(
        [Sample(label, own[index % len(own)]) for label, own in each.items() for index in range(SAMPLES_EACH)]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--movements", type=int, default=300)
    parser.add_argument("--data", default=DEFAULT_DATA, help="directory that may hold MNIST/raw")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as state,
        serving("--data", str(options.data), "--state", state) as address,
        browser() as devtools,
    ):
        quiet = pen_latency(devtools, address, options.movements, TAB)
        with Teachings(address) as teachings:
            busy = pen_latency(devtools, address, options.movements, TAB)
    print(f"{'milliseconds':<38}{'p50':>10}{'p95':>10}{'count':>8}")
    for name, parts in (("nothing else to do", quiet), ("while a network is taught", busy)):
        print(row(name, parts["movement to screen"]))
        note(f"movement to screen, {name}", parts["movement to screen"])
    tell("teachings that ended meanwhile", "", count=teachings.count)
    print(f"{teachings.count} teachings ended meanwhile.")


if __name__ == "__main__":
    main()
