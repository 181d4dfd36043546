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
      if (frame.rings === undefined) return;
      ring.take(frame.rings);
      shell.offer(ring, frame.rings.length > 0);
    },
    state: (state) => linkStatus.show(state),
  });
  const linkStatus = new LinkStatus(() => stream.retry());
  linkStatus.about(hello.program, hello.pid);
  const want = (change: Partial<typeof wanted>) => stream.interest(Object.assign(wanted, change));
  const shell = new Shell([live, new Gallery(api), ring], theme);
  // A chat may go into a ring, or out of one, at any time.
  shell.offer(ring, false);
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
