/** Colours of a chart, as CSS writes them; `var(--name)` too. */
export interface Palette {
  readonly paper: string;
  /** Of a state, and of one that holds others. */
  readonly box: string;
  readonly holder: string;
  readonly border: string;
  /** Titles, events. */
  readonly ink: string;
  /** What a state does, actions. */
  readonly soft: string;
  readonly guard: string;
  readonly line: string;
  readonly final: string;
}

export const LIGHT: Palette = {
  paper: '#fbfbfd',
  box: '#ffffff',
  holder: '#f3f5f9',
  border: '#9aa5b8',
  ink: '#1c2433',
  soft: '#5a6679',
  guard: '#8a4b08',
  line: '#6b7890',
  final: '#e9f4ee',
};

export const DARK: Palette = {
  paper: '#12161d',
  box: '#222a36',
  holder: '#181e27',
  border: '#5c6a80',
  ink: '#e8ecf3',
  soft: '#a5b1c4',
  guard: '#e0a85c',
  line: '#8491a8',
  final: '#1d3329',
};

const FONT = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

/** The rules of every drawing's classes, in these colours, without the classes of what runs. */
export function chartStyle(colours: Palette): string {
  const { paper, box, holder, border, ink, soft, guard, line, final } = colours;
  return [
    `.statechart text{font-family:${FONT};font-size:11px;font-weight:normal;fill:${soft}}`,
    `.statechart .title{font-size:13px;font-weight:bold;fill:${ink}}`,
    `.statechart .middle{text-anchor:middle}`,
    `.statechart .paper{fill:${paper}}`,
    `.statechart .state .box{fill:${box};stroke:${border};stroke-width:1.4}`,
    `.statechart .compound .box,.statechart .parallel .box{fill:${holder}}`,
    `.statechart .region .box{stroke-dasharray:6 4}`,
    `.statechart .final .box{fill:${final}}`,
    `.statechart .final .inside{fill:none;stroke:${border};stroke-width:1}`,
    `.statechart .everywhere .box{fill:none;stroke:${line};stroke-width:1.2;stroke-dasharray:3 3}`,
    `.statechart .line{fill:none;stroke:${line};stroke-width:1.4}`,
    `.statechart .head,.statechart .dot{fill:${line}}`,
    // Drawn already, by the edge that it shares them with: visible only when it is lit itself.
    `.statechart .shared .line{stroke:none}`,
    `.statechart .shared .head{fill:none}`,
    `.statechart .chip{fill:${holder}}`,
    `.statechart .inner .chip{fill:none}`,
    `.statechart .event{fill:${ink};font-weight:bold}`,
    `.statechart .guard{fill:${guard};font-weight:normal}`,
    `.statechart .action{fill:${soft};font-weight:normal}`,
  ].join('');
}
