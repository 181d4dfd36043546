import { test } from 'vitest';
import { FrameType } from '/work/trees/gossip/src/net/constants.js';
import { World } from '/work/trees/gossip/test/ring/gossip-world.js';

const N = Number(process.env.N ?? 100);
const LOSS = Number(process.env.LOSS ?? 0);
const GAP = Number(process.env.GAP ?? 600);
test('measure', async () => {
  for (const seed of [1, 2, 3]) {
    const t0 = performance.now();
    const world = new World({ nodes: N, seed, loss: LOSS });
    world.weave();
    // presence
    for (const node of world.nodes) node.publish({ kind: 2, bytes: node.record(1_750_000_000_001).bytes });
    await world.run(20_000);
    const g0 = world.nodes.map((n) => ({ ...n.broadcast.counters }));
    const sent0 = g0.reduce((s, c) => s + c.repeated, 0);
    const rec0 = g0.reduce((s, c) => s + c.received, 0);
    let bytes = 0;
    const byType = new Map<number, number>();
    world.onSent = ({ type, bytes: b }) => { bytes += b; byType.set(type, (byType.get(type) ?? 0) + b); };
    const said: { e: any; at: number }[] = [];
    for (let i = 0; i < 100; i++) {
      const node = world.chance.pick(world.nodes)!;
      said.push({ e: node.say(`entry number ${i} of a run with some words`), at: world.timeline.now });
      await world.run(GAP);
    }
    await world.run(4_000);
    const early = said.reduce((s, { e }) => s + world.holders(e), 0) / (N * 100);
    await world.run(30_000);
    const delivered = said.reduce((s, { e }) => s + world.holders(e), 0) / (N * 100);
    const c = world.nodes.map((n) => n.broadcast.counters);
    const sum = (k: 'received' | 'repeated' | 'grafts' | 'prunes' | 'unserved' | 'refused') => c.reduce((s, x) => s + x[k], 0);
    const rep = sum('repeated') - sent0; const rec = sum('received') - rec0;
    const lat: number[] = []; let last = 0; let hopsum = 0;
    for (const { e, at } of said) { let mx = 0; for (const n of world.nodes) { const x = n.came.get(e.hash.toString('hex')); if (x && x.hops >= 0) { lat.push(x.at - at); mx = Math.max(mx, x.hops); } } last = Math.max(last, mx); hopsum += mx; }
    lat.sort((a, b) => a - b);
    const s = world.nodes.map((n) => n.sync.counters);
    const links = world.nodes.reduce((a, n) => a + n.links.size, 0) / N;
    console.log(JSON.stringify({ seed, N, links, eager: world.nodes.reduce((a, n) => a + n.broadcast.eager.length, 0) / N, presenceRmr: (sent0 / rec0).toFixed(3), rmr: (rep / rec).toFixed(3), lastHop: last, meanLast: (hopsum / 100).toFixed(1), early, delivered, p50: lat[lat.length >> 1]?.toFixed(0), p99: lat[Math.floor(lat.length * 0.99)]?.toFixed(0), grafts: sum('grafts') - g0.reduce((a, x) => a + x.grafts, 0), prunes: sum('prunes') - g0.reduce((a, x) => a + x.prunes, 0), unserved: sum('unserved'), repaired: s.reduce((a, x) => a + x.repaired, 0), repeated: s.reduce((a, x) => a + x.repeated, 0), broken: s.reduce((a, x) => a + x.broken, 0), unasked: s.reduce((a, x) => a + x.unasked, 0), refused: s.reduce((a, x) => a + x.refused, 0), ms: (performance.now() - t0).toFixed(0), bytesPerS: (bytes / N / 94).toFixed(0), byType: Object.fromEntries([...byType].map(([t, b]) => [t.toString(16), Math.round(b / N / 94)])) }));
  }
}, 600_000);
