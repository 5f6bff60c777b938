"""Find a browser to test with, on any machine."""

import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

# Headless and as root; without background traffic, so that an offline test sees only the page's own requests.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
SHELL = "chromium-headless-shell"  # Chromium without a window's work: the same pages in four fifths of the time


def launch(playwright: Playwright, arguments: list[str] = ARGUMENTS) -> Browser | None:
    """A headless Chromium: DIGITSCOPE_BROWSER's, the system's, or Playwright's own, fetched if need be; else None."""
    if path := _on_this_machine(SHELL, *NAMES):
        return playwright.chromium.launch(executable_path=path, args=arguments)
    for channel in ("chrome", "msedge", None):
        try:
            return playwright.chromium.launch(channel=channel, args=arguments)
        except Error:
            continue
    return playwright.chromium.launch(args=arguments) if _install() else None


def executable() -> str | None:
    """Path of a whole Chromium, whose frames come as a window's do; found as by `launch`."""
    if path := _on_this_machine(*NAMES):
        return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() or _install() else None


def _on_this_machine(*names: str) -> str | None:
    return os.environ.get("DIGITSCOPE_BROWSER") or next(filter(None, map(shutil.which, names)), None)


@lru_cache
def _install() -> bool:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        return subprocess.run(command, capture_output=True, timeout=300).returncode == 0
    except subprocess.TimeoutExpired:
        return False
