"""The look of the page: light and dark, screen and A4."""

from __future__ import annotations

FAVICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='3' fill='%231f4e79'/%3E"
    "%3Cpath d='M4 12V7M8 12V4M12 12V9' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E"
)

STYLE = """
:root { color-scheme: light dark; --ink: #1b2430; --soft: #5b6878; --line: #d6dde5; --page: #fff; --panel: #f4f6f9;
  --good: #17683a; --bad: #b3201f; --open: #8a5200; --good-bg: #e6f4ea; --bad-bg: #fdeaea; --open-bg: #fff3dc; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf1; --soft: #9aa7b6; --line: #36414e; --page: #12171d;
  --panel: #1a2129; --good: #6fcf97; --bad: #ff8a84; --open: #f0b95b; --good-bg: #14301f; --bad-bg: #3a1717;
  --open-bg: #35270d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 14px/1.45 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 80rem; margin: 0 auto; padding: 2rem 1.5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 0 0 .4rem; }
h3 { font-size: .86rem; margin: .8rem 0 .2rem; } ul { margin: 0; padding-left: 1.2rem; font-size: .86rem; }
li { overflow-wrap: anywhere; }
section { margin-top: 1.6rem; }
.kicker { margin: 0; color: var(--soft); text-transform: uppercase; letter-spacing: .08em; font-size: .78rem; }
.asof { margin: .1rem 0 .8rem; color: var(--soft); }
.verdict { margin: .5rem 0; padding: .55rem .8rem; border-left: 4px solid; border-radius: 3px; font-weight: 600; }
.verdict.good { background: var(--good-bg); } .verdict.bad { background: var(--bad-bg); }
.verdict.open { background: var(--open-bg); }
.good { color: var(--good); } .bad { color: var(--bad); }
.open { color: var(--open); } .soft { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .8rem 0 0; font-size: .86rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .86rem; }
th, td { text-align: left; vertical-align: top; padding: .38rem .7rem .38rem 0; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 500; border-bottom-color: var(--soft); vertical-align: bottom; }
tbody th { font-weight: 600; }
.num { text-align: right; }
.amount { white-space: nowrap; } .amount .g { margin-left: .22em; }
.amount small { color: var(--soft); font-size: .82em; }
.bound { white-space: nowrap; }
code { font: .92em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
td code { display: inline-block; min-width: 21ch; } td:last-child { min-width: 9rem; overflow-wrap: anywhere; }
.ratio { font-weight: 700; display: block; } .ratio .open, td.num .open { display: block; }
.mark { display: block; font-size: .82rem; font-weight: 600; }
.note { display: block; margin: .2rem 0; color: var(--soft); font-size: .8rem; }
.ratiobar { display: block; width: 8.75rem; height: .75rem; margin: .15rem 0; }
.track { fill: var(--line); } .bar.good { fill: var(--good); } .bar.bad { fill: var(--bad); }
.bar.open { fill: var(--open); }
.maybe { fill-opacity: .35; stroke-width: 1; stroke-dasharray: 2 2; }
.maybe.good { fill: var(--good); stroke: var(--good); }
.maybe.bad { fill: var(--bad); stroke: var(--bad); } .maybe.open { fill: var(--open); stroke: var(--open); }
.hundred { stroke: var(--ink); stroke-width: 1.5; } .beyond { fill: none; stroke: var(--page); stroke-width: 1.5; }
footer { margin-top: 1.8rem; padding-top: .8rem; border-top: 1px solid var(--soft); color: var(--soft);
  font-size: .82rem; }
footer p { margin: 0; max-width: 70rem; }
@page { size: A4; margin: 11mm; }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #ccc; --page: #fff; --good: #17683a;
  --bad: #b3201f; --open: #8a5200; --good-bg: #fff; --bad-bg: #fff; --open-bg: #fff; }
  :root { font-size: 11px; } body { font-size: 8pt; } main { max-width: none; padding: 0; } h1 { font-size: 14pt; }
  section { margin-top: 2.6mm; }
  th, td { padding: .7mm 2mm .7mm 0; } code { font-size: .86em; }
  td code, td:last-child { min-width: 0; } tr { break-inside: avoid; } h2 { break-after: avoid; }
  thead { display: table-header-group; } .scroll { overflow: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } footer { margin-top: 4mm; } }
"""
