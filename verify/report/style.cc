#include "verify/report/style.h"

#include "verify/report/html.h"

namespace weighbridge::report {
namespace {

constexpr Markup kColours = R"css(
:root {
  color-scheme: light;
  --paper: #fffefb; --ink: #1d1c1a; --soft: #615d55; --rule: #dad5ca; --wash: #f5f2ea;
  --exact: #17694a; --within: #85570a; --wrong: #b3261e; --flow: #35618a; --stream: #c9d6e2;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --paper: #17181b; --ink: #e7e5df; --soft: #a8a499; --rule: #3b3c41; --wash: #202125;
    --exact: #6fcb9c; --within: #e3b34f; --wrong: #ff8f84; --flow: #7fb0d8; --stream: #33475a;
  }
}
)css";

constexpr Markup kText = R"css(
* { box-sizing: border-box; }
html { font: 17px/1.5 Charter, "Bitstream Charter", "Sitka Text", Cambria, "Noto Serif", "Liberation Serif", serif;
  background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body { max-width: 62rem; margin: 0 auto; padding: 3rem 1.5rem 5rem; font-variant-numeric: lining-nums tabular-nums; }
p { max-width: 40rem; margin: .5rem 0 1rem; }
h1, h2, h3, h4 { font-weight: 600; line-height: 1.25; margin: 0; break-after: avoid; }
h1 { font-size: 2.6rem; letter-spacing: -.01em; margin: .1rem 0 .4rem; }
h2 { font-size: 1.4rem; margin: 0 0 .6rem; }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; }
h4 { font-size: .95rem; overflow-wrap: anywhere; }
small, h4 .verdict, .spec { font-size: .85rem; font-weight: normal; color: var(--soft); }
section { margin-top: 3.2rem; padding-top: 1.1rem; border-top: 1px solid var(--ink); }
code, pre, .digest { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .84em; }
code { overflow-wrap: anywhere; unicode-bidi: isolate; direction: ltr; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--wash); padding: .8rem 1rem; line-height: 1.4; margin: .6rem 0 0; }
.character { font-style: normal; font-size: .8em; border: 1px solid currentColor; border-radius: 2px; padding: 0 .15em; margin: 0 .1em; }
.note, figcaption { color: var(--soft); font-size: .82rem; line-height: 1.4; overflow-wrap: anywhere; }
.kind { color: var(--soft); margin: 0; }
.meaning { font-size: 1.15rem; max-width: 46rem; overflow-wrap: anywhere; }
.verdict { white-space: nowrap; }
.verdict b { font: 700 1em/1 Arial, "Helvetica Neue", "Liberation Sans", "DejaVu Sans", sans-serif; margin-right: .1em; }
.verdict.right, h4 .verdict.right { color: var(--exact); }
.verdict.within, h4 .verdict.within { color: var(--within); }
.verdict.wrong, h4 .verdict.wrong { color: var(--wrong); }
.alarm { border-left: 4px solid var(--wrong); padding: .1rem 0 .1rem 1rem; margin: 1rem 0; overflow-wrap: anywhere; }
.alarm h3 { color: var(--wrong); margin-top: .2rem; }
.remarks { overflow-wrap: anywhere; max-width: 46rem; }
ul { margin: .3rem 0; padding-left: 1.2rem; }
dl { margin: .8rem 0; }
dt { color: var(--soft); font-size: .78rem; line-height: 1.3; }
dd { margin: 0; overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2.2rem; }
.facts > div { min-width: 0; }
.facts .file { margin-right: .6em; }
.tally { display: flex; flex-wrap: wrap; gap: .6rem 1.9rem; margin: 1.6rem 0 0; padding-top: 1rem; border-top: 1px solid var(--rule); }
.tally div { display: flex; flex-direction: column-reverse; }
.tally dt { font-size: .9rem; }
.tally dd { font-size: 1.9rem; line-height: 1.2; }
)css";

constexpr Markup kTables = R"css(
table { border-collapse: collapse; width: 100%; font-size: .82rem; line-height: 1.4; margin: .4rem 0 0; }
th, td { text-align: left; vertical-align: baseline; padding: .22rem 1.1rem .22rem 0; border-bottom: 1px solid var(--rule); overflow-wrap: anywhere; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: normal; vertical-align: bottom; border-bottom-color: var(--soft); overflow-wrap: normal; }
.number { text-align: right; white-space: nowrap; }
.none, .more { color: var(--soft); }
.digest { font-size: .72rem; white-space: nowrap; }
.short { white-space: nowrap; }
td.spec { font-size: inherit; color: inherit; min-width: 8.5rem; }
tr { break-inside: avoid; }
tr.lead { break-after: avoid; }
tr.lead td { border-bottom: 0; padding-bottom: 0; }
tr.below td { padding-top: 0; }
#conservation table:not(.bars) tbody tr:last-child td { border-bottom: 0; border-top: 1px solid var(--soft); font-weight: 600; }
details { margin: 1rem 0 0; }
summary { cursor: pointer; color: var(--flow); font-size: .9rem; }
)css";

constexpr Markup kFigures = R"css(
svg { display: block; overflow: visible; }
rect, path { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
figure { margin: 1rem 0 1.4rem; break-inside: avoid; }
figcaption { margin-top: .4rem; max-width: 40rem; }
.bar { width: 100%; height: .8rem; }
td.bar { width: 24%; min-width: 4rem; vertical-align: middle; }
td.bar .bar { height: .5rem; }
table.bars th, table.bars td { border: 0; padding-top: .15rem; padding-bottom: .15rem; vertical-align: middle; font-weight: normal; }
table.bars th { width: 9rem; max-width: 14rem; }
.used { fill: var(--flow); }
.written { fill: var(--ink); }
.dropped { fill: var(--paper); stroke: var(--flow); stroke-width: 1; vector-effect: non-scaling-stroke; }
rect.right { fill: var(--exact); }
rect.within { fill: var(--within); }
rect.wrong { fill: var(--wrong); }
.key { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 .6em; vertical-align: -.05em; border: 1px solid var(--flow);
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.key:first-child { margin-left: 0; }
.key.used { background: var(--flow); }
.key.written { background: var(--ink); border-color: var(--ink); }
.ulp { width: 100%; max-width: 46rem; height: auto; }
.ulp text { fill: var(--soft); font-size: 9.5px; text-anchor: middle; }
.equal { fill: var(--rule); }
.apart { fill: var(--flow); }
.axis { fill: var(--soft); }
.spark { width: 7.2rem; height: 1.25rem; }
article { display: grid; grid-template-columns: minmax(0, 1fr) 9.5rem; gap: .2rem 1.5rem; padding: .8rem 0 .9rem; border-top: 1px solid var(--rule);
  break-inside: avoid; }
article > dl { grid-column: 1 / -1; margin: .3rem 0 0; font-size: .88rem; }
article .spark { width: 9.5rem; height: 1.65rem; }
.errors { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: .4rem 1rem; }
.places > div { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); }
.places dt { line-height: 1.75; }
.lineage { position: relative; margin: 1rem 0 1.5rem; break-inside: avoid; }
.streams { position: absolute; inset: 0; width: 100%; height: 100%; }
.streams path { fill: none; stroke: var(--stream); vector-effect: non-scaling-stroke; }
.place { position: absolute; display: flex; align-items: center; }
.box { position: relative; width: 100%; max-height: 4.7rem; overflow: hidden; background: var(--paper); border: 1px solid var(--soft);
  border-radius: 3px; padding: .35rem .7rem; font-size: .8rem; line-height: 1.4; }
.box b, .box span { display: block; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.box span { color: var(--soft); }
)css";

// Firefox before 143 and Safari before 18.4 print folded tables folded.
constexpr Markup kPaper = R"css(
@page { size: A4; margin: 17mm 15mm 18mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt serif; color: #615d55; } }
@media print {
  html { font-size: 10.5pt; background: none; }
  body { max-width: none; padding: 0; }
  table { font-size: 8pt; }
  section { margin-top: 2rem; }
  th, td { padding-right: .8rem; }
  .digest { font-size: 6.2pt; }
  pre { background: none; border-left: 2px solid var(--rule); font-size: 7.5pt; }
  thead { display: table-header-group; }
  summary { color: var(--ink); list-style: none; font-weight: 600; break-after: avoid; }
  details::details-content { content-visibility: visible; display: block; block-size: auto; }
}
@media screen and (max-width: 40rem) {
  html { font-size: 15px; }
  body { padding: 1.5rem 1rem; }
  section { overflow-x: auto; }
  .errors { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
)css";

}  // namespace

Html StyleSheet() {
  Html sheet;
  sheet.AppendMarkup("<style>");
  for (const Markup part : {kColours, kText, kTables, kFigures, kPaper}) sheet.AppendMarkup(part);
  sheet.AppendMarkup("</style>");
  return sheet;
}

}  // namespace weighbridge::report
