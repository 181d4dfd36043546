/** The inspector's page: what is on it, and how what arrives reaches it. */
import type { Frame } from '../../../actors/inspect/frames.js';
import { Api, type Hello } from './api.js';
import { Gallery } from './gallery.js';
import { LinkStatus } from './link-status.js';
import { Live } from './live.js';
import { RingView } from './ring-view.js';
import { Shell } from './shell.js';
import { Stream } from './stream.js';
import { Theme } from './theme.js';

/** Programs that can be in a ring. */
const IN_RINGS: ReadonlySet<string> = new Set(['ring', 'chat']);

const theme = new Theme();
const api = new Api(new URLSearchParams(location.search).get('token') ?? '');
const status = new LinkStatus(() => location.reload());

function watch(hello: Hello): void {
  const wanted = { chosen: undefined as string | undefined, ring: false };
  const live = new Live(api, (chosen) => want({ chosen }));
  const ring = new RingView((isSeen) => want({ ring: isSeen }));
  const stream = new Stream(api, {
    frame: (frame: Frame) => {
      live.take(frame);
      if (frame.ring) ring.take(frame.ring);
    },
    state: (state) => linkStatus.show(state),
  });
  const linkStatus = new LinkStatus(() => stream.retry());
  linkStatus.about(hello.program, hello.pid);
  const want = (change: Partial<typeof wanted>) => stream.interest(Object.assign(wanted, change));
  new Shell([live, new Gallery(api), ...(IN_RINGS.has(hello.program) ? [ring] : [])], theme);
}

/** Before anything can be shown, the program must have said what it is. */
async function begin(): Promise<void> {
  try {
    const hello = await api.hello();
    if (hello.live) return watch(hello);
    new Shell([new Gallery(api)], theme);
    status.idle();
  } catch {
    status.show('lost');
  }
}

void begin();
