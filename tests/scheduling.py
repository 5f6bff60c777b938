"""Who runs which file: the long ones first, and those with a browser and an app, which take long to start, in three."""

from pathlib import Path
from typing import Any

from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).resolve().parent.parent
BROWSER = "tests/browser/"
WITHOUT_BROWSER = "gw3"  # the worker that leaves those files to others: to start takes it longer than they gain by it
BYTES_A_SECOND = 600  # of most files
SECONDS = {  # of the files that take far longer or shorter than they are long to read
    "tests/browser/test_teach.py": 110,
    "tests/browser/engine/test_engine.py": 100,
    "tests/browser/test_restart.py": 80,
    "tests/browser/test_layers.py": 80,
    "tests/browser/test_other_browsers.py": 50,
    "tests/browser/test_reading.py": 40,
    "tests/browser/test_design.py": 40,
    "tests/browser/test_link.py": 40,
    "tests/browser/test_network_tab.py": 35,
    "tests/browser/test_misread.py": 35,
    "tests/browser/test_drawing.py": 30,
    "tests/browser/test_hostile.py": 25,
    "tests/browser/test_saved_page.py": 25,
    "tests/browser/test_language.py": 25,
    "tests/browser/test_learn.py": 25,
    "tests/browser/test_compare.py": 25,
    "tests/browser/engine/test_engine_parity.py": 25,
    "tests/browser/test_line.py": 20,
    "tests/browser/test_faults.py": 20,
    "tests/browser/test_bad_input.py": 20,
    "tests/browser/test_path.py": 20,
    "tests/browser/test_offline.py": 15,
    "tests/ui/test_api.py": 50,
    "tests/teaching/test_proof.py": 45,
    "tests/test_deployment.py": 40,
    "tests/ui/test_faults.py": 40,
    "tests/training/test_train.py": 35,
    "tests/teaching/test_forgetting.py": 35,
    "tests/ui/test_teach.py": 30,
    "tests/ui/serving/test_server.py": 20,
}


class LongestFirst(LoadFileScheduling):
    """As --dist loadfile, in another order."""

    def _assign_work_unit(self, node: Any) -> None:
        alone = node.gateway.id == WITHOUT_BROWSER
        files = [file for file in self.workqueue if not (alone and file.startswith(BROWSER))]
        if files:
            self.workqueue.move_to_end(max(files, key=order), last=False)
            super()._assign_work_unit(node)
        else:
            node.shutdown()


def order(file: str) -> tuple[bool, float]:
    """Files with a browser, of which only some workers take any, before others; long ones before short ones."""
    return file.startswith(BROWSER), SECONDS.get(file, (ROOT / file).stat().st_size / BYTES_A_SECOND)
