/** What commands do with `--inspect [PORT]`. */
import type { Inspectable } from '../../actors/inspect/inspectable.js';
import type { Program } from './inspector.js';

/** `--inspect PORT`; true without a port, which means any. */
export type InspectFlag = number | true;

export interface Inspection {
  /** The page's link; undefined when nobody asked for one. */
  readonly url: string | undefined;
  /** Shows a system that runs now, until the returned function is called. */
  add(system: Inspectable | undefined): () => void;
  close(): Promise<void>;
}

const NONE: Inspection = { url: undefined, add: () => () => undefined, close: async () => undefined };

/** Opens the inspector where it was asked for. @throws NatterError PORT_TAKEN */
export async function openInspection(program: Program, flag: InspectFlag | undefined): Promise<Inspection> {
  if (flag === undefined) return NONE;
  // Loaded late: who does not inspect loads neither the web server nor the machines.
  const [{ openInspector }, { Inspector }] = await Promise.all([
    import('./inspector.js'),
    import('../../actors/inspect/inspector.js'),
  ]);
  const inspector = new Inspector();
  const { url, close } = await openInspector({ port: flag === true ? 0 : flag, program, source: inspector });
  return {
    url,
    add: (system) => (system === undefined ? () => undefined : inspector.add(system)),
    close,
  };
}

/** For a dashboard, where a long line is broken beside others and could not be copied. */
export function inspectorNotice(url: string): string {
  return `The inspector is open; F9 shows its link in one piece: ${url}`;
}

/** For people. */
export function inspectorText(url: string): string {
  return `The inspector is at ${url}`;
}
