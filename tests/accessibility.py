"""Ask axe, in a headless Chromium, whether brochures and reports keep to WCAG 2.2 AA.

    npm install --prefix FOLDER axe-core
    python -m tests.accessibility --axe FOLDER/node_modules/axe-core/axe.min.js

Takes some ten seconds. Without a Chromium or without axe it says so and checks nothing. Exit 1 if
there is a violation, or anything that axe could not decide.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from app.reports import rendering as reports
from app.rounds.rendering import Form, render
from tests.support.brochures import brochure, own_brochure
from tests.support.reports import report

BROWSERS: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
TAGS: Final = [
    *("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"),
]
LONGEST_S: Final = 120
# What must have been looked at for "no violations" to mean anything.
MUST_PASS: Final = ("color-contrast", "document-title", "heading-order", "html-has-lang", "region")
# axe cannot tell what is behind words of a picture; tests/app/test_charts.py measures those.
RUN: Final = """
const what = {include: [document], exclude: ['svg text']};
axe.run(what, {runOnly: {type: 'tag', values: TAGS}}).then(found => {
  const result = document.createElement('pre');
  result.id = 'axe';
  result.textContent = JSON.stringify({
    violations: found.violations.map(one => [one.id, one.nodes.length, one.nodes[0].html]),
    incomplete: found.incomplete.map(one => [one.id, one.nodes.length, one.nodes[0].html]),
    passes: found.passes.map(one => one.id)});
  document.body.append(result);
});
"""
# A page with what axe must find, so that its silence about ours means something.
BROKEN: Final = (
    b"<!DOCTYPE html><html><head><title></title></head><body><h1>x</h1><h4>y</h4>"
    b'<p style="color:#aaa;background:#fff">Pale words</p></body></html>'
)


def pages() -> dict[str, bytes]:
    """Make the pages to be looked at."""
    made: dict[str, bytes] = {}
    forms: tuple[Form, ...] = ("html", "easy_read_html")
    for form in forms:
        made[f"{form}, 800 dates"] = render(brochure(activities=100, dates=8), form)
        made[f"{form}, for one child"] = render(own_brochure(), form)
        made[f"{form}, nothing on"] = render(brochure(activities=0), form)
    made["report"] = reports.render(report(), "html")
    made["report, few figures"] = reports.render(report(children=120, before=2000), "html")
    made["report, no figures"] = reports.render(report(children=0, before=None, said=False), "html")
    small = report(children=300, before=None, breakdowns=False)
    made["report, no breakdowns"] = reports.render(small, "html")
    return made


def ask(browser: str, axe: str, page: bytes) -> dict[str, Any]:
    """Let axe look at a page."""
    # Nothing in axe may end the script early.
    script = axe.replace("</script", "<\\/script") + RUN.replace("TAGS", json.dumps(TAGS))
    html = page.decode().replace("</body>", f"<script>{script}</script></body>")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(html, encoding="utf-8")
        # Root may not use the sandbox, and the page is our own.
        shown = subprocess.run(
            [
                *(browser, "--headless", "--no-sandbox", "--disable-gpu"),
                *("--virtual-time-budget=60000", "--dump-dom", file.as_uri()),
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
        ).stdout
    found = re.search(r'<pre id="axe">(.*?)</pre>', shown, re.S)
    if found is None:
        raise RuntimeError("axe gave no answer")
    result: dict[str, Any] = json.loads(unescape(found[1]))
    return result


def main() -> int:
    """Look at every page, a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--axe", type=Path, help="the file axe.min.js")
    axe_file = parser.parse_args().axe
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None or axe_file is None:
        missing = "Chromium on this machine" if browser is None else "axe: name it with --axe"
        sys.stdout.write(f"skipped: there is no {missing}\n")
        return 0
    axe = axe_file.read_text(encoding="utf-8")
    control = {one[0] for one in ask(browser, axe, BROKEN)["violations"]}
    if not {"color-contrast", "document-title", "html-has-lang"} <= control:
        sys.stdout.write(f"axe does not see what is wrong with a broken page: {sorted(control)}\n")
        return 1
    wrong = 0
    for name, page in pages().items():
        found = ask(browser, axe, page)
        violations, undecided = found["violations"], found["incomplete"]
        unseen = set(MUST_PASS) - set(found["passes"])
        sys.stdout.write(
            f"{name}: {len(violations)} violations, {len(undecided)} undecided,"
            f" {len(found['passes'])} rules passed\n"
        )
        for problem in [*violations, *undecided, *([f"not checked: {unseen}"] if unseen else [])]:
            sys.stdout.write(f"  {problem}\n")
        wrong += bool(violations or undecided or unseen)
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
