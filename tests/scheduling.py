"""Who runs which file: the long ones first, and those with a browser and an app, which take long to start, in two."""

from pathlib import Path
from typing import Any

from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).resolve().parent.parent
WITH_BROWSER = ("gw0", "gw1")  # workers that begin with such files; the others come to them when nothing else is left


class LongestFirst(LoadFileScheduling):
    """As --dist loadfile, in another order."""

    def _assign_work_unit(self, node: Any) -> None:
        begins_with_browser = node.gateway.id in WITH_BROWSER

        def order(file: str) -> tuple[bool, int]:
            return file.startswith("tests/browser/") == begins_with_browser, (ROOT / file).stat().st_size

        self.workqueue.move_to_end(max(self.workqueue, key=order), last=False)
        super()._assign_work_unit(node)
