import { describe, expect, it } from 'vitest';
import { Malformed, Reader, Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { ROUTE_HOPS_MAX } from '../../src/net/ring/constants.js';
import { contactOf } from '../../src/net/ring/contact.js';
import { identityOf } from '../../src/net/ring/identity.js';
import { type Route, routeCodec } from '../../src/net/ring/routing/route.js';
import { type Routed, Router } from '../../src/net/ring/routing/router.js';
import type { Contact, PeerId } from '../../src/net/ring/types.js';

const COMMUNITY = Buffer.alloc(32, 1);

function contact(byte: number): Contact {
  return contactOf(COMMUNITY, identityOf(Buffer.alloc(32, byte)).publicKey, []);
}

const [self, left, right, far, sender] = [1, 2, 3, 4, 5].map(contact) as [
  Contact,
  Contact,
  Contact,
  Contact,
  Contact,
];

interface Sent {
  readonly to: PeerId;
  readonly type: number;
  readonly body: Buffer;
}

/** A router that is linked with `left` and `right`, of which `next` is nearer to everything, in that order. */
function router(next: readonly Contact[]) {
  const sent: Sent[] = [];
  const came: Routed[] = [];
  const stranded: Routed[] = [];
  const full = new Set<PeerId>();
  let drawn = 0;
  const made = new Router({
    ...{ self, community: COMMUNITY },
    random: (target) => target.fill(++drawn),
    way: { next: (_, without) => next.find(({ id }) => without?.has(id) !== true)?.id },
    port: {
      send: (to, type, body) => {
        if (full.has(to)) return false;
        sent.push({ to, type, body: Buffer.from(body) });
        return true;
      },
      arrived: (routed) => came.push({ ...routed, body: Buffer.from(routed.body) }),
      stranded: (_, routed) => stranded.push({ ...routed, body: Buffer.from(routed.body) }),
    },
  });
  for (const link of [left, right]) made.linked(link);
  return { router: made, sent, came, stranded, full };
}

function route(more: Partial<Route> = {}): Reader {
  const writer = new Writer();
  routeCodec.encode(writer, {
    ...{ id: Buffer.alloc(8, 7), hops: 1, to: far.key, from: sender.key, type: 0x43 },
    body: Buffer.from('hello'),
    ...more,
  });
  return new Reader(writer.copy());
}

const decoded = ({ body }: Sent) => routeCodec.decode(new Reader(body));

describe('a router', () => {
  it('hands a frame to whoever is nearer, one hop further', () => {
    const { router: one, sent } = router([right]);
    expect(one.frame(left.id, FrameType.Route, route(), 0)).toBe(true);
    expect(sent.map(({ to, type }) => ({ to, type }))).toEqual([{ to: right.id, type: FrameType.Route }]);
    expect(sent.map(decoded).map(({ hops, body }) => `${hops} ${body}`)).toEqual(['2 hello']);
  });

  it('uses the link with the addressee whatever the overlay says', () => {
    const { router: one, sent } = router([left]);
    one.send(right.key, 0x43, Buffer.from('hello'), 0);
    expect(sent).toEqual([{ to: right.id, type: 0x43, body: Buffer.from('hello') }]);
  });

  it('tries the next best when a link takes no more', () => {
    const { router: one, sent, full } = router([left, right]);
    full.add(left.id);
    one.send(far.key, 0x43, Buffer.from('hello'), 0);
    expect(sent.map(({ to }) => to)).toEqual([right.id]);
  });

  it('says that it is stranded only where nobody is nearer', () => {
    const nearest = router([]);
    nearest.router.frame(left.id, FrameType.Route, route(), 0);
    expect(nearest.stranded.map(({ via, body }) => `${via === left.id} ${body}`)).toEqual(['true hello']);
    const choked = router([left, right]);
    for (const { id } of [left, right]) choked.full.add(id);
    choked.router.send(far.key, 0x43, Buffer.from('hello'), 0);
    expect(choked.stranded).toEqual([]);
    expect(choked.router.counters.lost).toBe(1);
  });

  it('sends again by another way what went into a link that ends', () => {
    const { router: one, sent } = router([left, right]);
    one.send(far.key, 0x43, Buffer.from('hello'), 0);
    one.unlinked(left.id, 1_000);
    expect(sent.map(({ to }) => to)).toEqual([left.id, right.id]);
    one.unlinked(right.id, 60_000);
    expect(one.counters.again).toBe(1);
  });

  it('takes what is for itself once, however often it comes', () => {
    const { router: one, came } = router([]);
    for (let n = 0; n < 3; n++) one.frame(left.id, FrameType.Route, route({ to: self.key }), n);
    expect(came.map(({ body }) => body.toString())).toEqual(['hello']);
    expect(one.counters.repeated).toBe(2);
  });

  it('lets nothing wander for ever', () => {
    const { router: one, sent } = router([right]);
    one.frame(left.id, FrameType.Route, route({ hops: ROUTE_HOPS_MAX }), 0);
    expect(sent).toEqual([]);
    expect(one.counters.astray).toBe(1);
  });

  it('drops what one link, or one sender over all links, sends beyond all measure', () => {
    const { router: one, sent } = router([right]);
    for (let n = 0; n < 5_000; n++) {
      const id = Buffer.alloc(8);
      id.writeUInt32BE(n);
      one.frame(left.id, FrameType.Route, route({ id }), 0);
    }
    expect(sent.length).toBeLessThan(500);
    expect(one.counters.limited).toBeGreaterThan(4_000);
  });

  it('does not blame a link for what others put into a route', () => {
    const broken = new Router({
      ...{ self, community: COMMUNITY, random: () => {}, way: { next: () => undefined } },
      port: {
        send: () => true,
        arrived: () => {
          throw new Malformed('nonsense inside');
        },
        stranded: () => {},
      },
    });
    broken.linked(left);
    broken.frame(left.id, FrameType.Route, route({ to: self.key }), 0);
    expect(broken.counters.malformed).toBe(1);
    expect(() => broken.frame(left.id, FrameType.Route, new Reader(Buffer.alloc(20)), 0)).toThrow(Malformed);
  });
});
