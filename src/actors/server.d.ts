import type { RunningServer, ServerOptions } from '../ui/server.js';
export declare function startServer(options: ServerOptions): Promise<RunningServer>;
