import { createHash } from 'node:crypto';
import type { CatalogueRow } from '../actors/machines/catalogue.js';
import type { Chart, ChartState } from '../chart/chart.js';
import type { Drawing } from '../chart/drawing.js';
import { DARK, LIGHT } from '../chart/style.js';

/** A machine and its drawing. */
export interface Pictured {
  readonly row: CatalogueRow;
  readonly chart: Chart;
  readonly drawing: Drawing;
}

const STYLE = `
:root{color-scheme:light dark;--paper:#eff1f5;--card:${LIGHT.paper};--edge:#d9dee7;--ink:#1c2433;--soft:#5a6679;--link:#2257a8}
@media (prefers-color-scheme:dark){:root{--paper:#0d1117;--card:${DARK.paper};--edge:#2b3442;--ink:#e8ecf3;--soft:#a5b1c4;--link:#8ab4f8}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.5rem 5rem;max-width:76rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
h1{margin:0;font-size:1.9rem;letter-spacing:-.02em}
h2{margin:0;font-size:1.25rem}
a{color:var(--link)}
p{margin:.4rem 0}
.soft{color:var(--soft)}
nav ul{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;padding:0;list-style:none}
section{margin-top:2.2rem;padding:1.4rem 1.5rem;background:var(--card);border:1px solid var(--edge);border-radius:12px}
a.next{margin-left:1.2rem}
section img{display:block;max-width:100%;height:auto;margin:1.2rem auto .6rem}
code{overflow-wrap:anywhere;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9em}
`;

/** One page that shows every machine beside its files. It needs nothing but them, and runs no script. */
export function galleryPage(pictured: readonly Pictured[]): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>natter: the machines</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>The machines of natter</h1>
<p class="soft">Everything that lives in natter is one of these ${pictured.length} statecharts. This page is written by <code>natter inspect --export DIR</code>, from the code that runs.</p>
<nav aria-label="Machines"><ul>
${pictured.map(({ row }) => `<li><a href="#${row.name}">${row.name}</a></li>`).join('\n')}
</ul></nav>
</header>
<main>
${pictured.map(section).join('\n')}
</main>
</body>
</html>
`;
}

function section({ row, chart, drawing }: Pictured): string {
  const { name, what, runs, file } = row;
  const states = countStates(chart.root) - 1;
  return `<section id="${name}" aria-labelledby="${name}-name">
<h2 id="${name}-name">${name}</h2>
<p>${escaped(what)}</p>
<p class="soft">${states} states, ${chart.edges.length} transitions; runs in the ${runs.replace(' and ', ' and the ')}; <code>${file}</code></p>
<a href="${name}.svg"><img src="${name}.svg" alt="${escaped(`Statechart of ${name}: ${what}`)}" width="${drawing.width}" height="${drawing.height}" loading="lazy"></a>
<p><a href="${name}.svg">${name}.svg</a> <a class="next" href="${name}.mmd">${name}.mmd</a></p>
</section>`;
}

function countStates(state: ChartState): number {
  return state.states.reduce((sum, child) => sum + countStates(child), 1);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
