import * as v from 'valibot';
import { ConversationKind } from '../../chat/operations.js';
import type { RegistrySchema } from '../../store/registry.js';
import { unpackCbor } from '../cbor.js';
import type { Change } from './change.js';
import { RegistryState } from './state.js';

const hex = (bytes: number) =>
  v.pipe(
    v.string(),
    v.regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `not ${bytes} bytes in hex`),
    v.transform((text) => Buffer.from(text, 'hex')),
  );
const id = hex(16);
const log = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const Snapshot = v.object({
  accounts: v.array(
    v.object({
      id,
      name: v.string(),
      key: v.string(),
      skeleton: v.string(),
      record: v.string(),
      devices: v.array(v.object({ key: hex(32), label: v.string(), kept: v.boolean(), seenAt: v.number() })),
    }),
  ),
  conversations: v.array(
    v.object({
      log,
      id,
      kind: v.enum(ConversationKind),
      name: v.string(),
      key: v.string(),
      skeleton: v.string(),
      topic: v.string(),
      members: v.array(id),
      group: v.exactOptional(
        v.object({ founder: id, cell: v.string(), km: v.number(), declined: v.array(id) }),
      ),
    }),
  ),
  /** Older snapshots have none: no number was taken out of use then. */
  lastLog: v.exactOptional(log),
});

type Snapshot = v.InferOutput<typeof Snapshot>;

/** The registry's snapshot: what `RegistryState.toJSON` writes is checked and read again here. */
export const registrySchema: RegistrySchema<RegistryState> = {
  empty: () => new RegistryState(),
  check: (value) => {
    const result = v.safeParse(Snapshot, value);
    if (result.success) return stateOf(result.output);
    const [issue] = result.issues;
    throw new Error(`${v.getDotPath(issue) ?? 'state'}: ${issue.message}`);
  },
  apply: (state, record) => state.apply(unpackCbor<Change>(record)),
};

function stateOf({ accounts, conversations, lastLog }: Snapshot): RegistryState {
  const state = new RegistryState();
  for (const { devices, ...account } of accounts) {
    state.apply({ t: 'account', ...account });
    for (const { key, label, kept, seenAt } of devices)
      state.apply({ t: 'device', account: account.id, key, label, kept, at: seenAt });
  }
  for (const conversation of conversations) for (const change of changesOf(conversation)) state.apply(change);
  if (lastLog !== undefined) state.apply({ t: 'lastLog', log: lastLog });
  return state;
}

function* changesOf({
  kind,
  members,
  topic,
  group,
  ...rest
}: Snapshot['conversations'][number]): Generator<Change> {
  const { log } = rest;
  if (kind === ConversationKind.Lobby) yield { t: 'lobby', id: rest.id };
  else if (kind === ConversationKind.Room) {
    yield { t: 'room', ...rest };
    for (const account of members) yield { t: 'member', log, account };
  } else if (kind === ConversationKind.Interest || kind === ConversationKind.Geo) {
    if (!group) throw new Error(`conversation ${log}: a group needs its founder`);
    const { founder, cell, km, declined } = group;
    if (kind === ConversationKind.Geo) yield { t: 'geo', log, id: rest.id, founder, cell, km };
    else yield { t: 'interest', log, id: rest.id, tag: rest.name, founder };
    for (const account of members) yield { t: 'member', log, account };
    for (const account of declined) yield { t: 'memberGone', log, account, declined: true };
  } else {
    const [a, b] = members;
    if (!a || !b) throw new Error(`conversation ${log}: a direct one needs two members`);
    yield { t: 'direct', log, id: rest.id, a, b };
  }
  if (topic !== '') yield { t: 'topic', log, topic };
}
