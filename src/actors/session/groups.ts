/** Operations about interests and people nearby; the groups actor decides, rooms and registry make it last. */
import type * as v from 'valibot';
import type * as schemas from '../../chat/schemas.js';
import { Writer } from '../../net/bytes.js';
import { ASK_MS } from '../asking.js';
import { packCbor, unpackCbor } from '../cbor.js';
import type { FindRequest, NearRequest } from '../groups/bodies.js';
import { GroupsMessage } from '../messages.js';
import type { ByLog } from '../registry/bodies.js';
import { GROUPS } from '../singletons.js';
import { enterRoom } from './entering.js';
import type { SessionScope } from './scope.js';

type In<S extends v.GenericSchema> = v.InferOutput<S>;

const NOTHING = new Uint8Array();

/** Whether what somebody wants to join is an interest or a geo group. */
export function isGroup(name: string): boolean {
  return /^\s*[+~]/u.test(name);
}

/** An interest's group is made if there is none; into a geo group only those come who are near. */
export async function join(scope: SessionScope, n: string): Promise<object> {
  const find: FindRequest = { a: scope.author().account, n, p: scope.address };
  const { l } = await ask<ByLog>(scope, GroupsMessage.Find, packCbor(find));
  const conversation = await enterRoom(scope, l);
  changed(scope);
  return conversation;
}

export async function here(scope: SessionScope, { c }: In<typeof schemas.HereBody>): Promise<object> {
  await scope.settle(c);
  return {};
}

export async function near(scope: SessionScope, { k }: In<typeof schemas.NearBody>): Promise<object> {
  const found: NearRequest = { a: scope.author().account, k, p: scope.address };
  const { l } = await ask<ByLog>(scope, GroupsMessage.Near, packCbor(found));
  return enterRoom(scope, l);
}

export function tags(scope: SessionScope): Promise<object> {
  return ask(scope, GroupsMessage.Tags, NOTHING);
}

export function shared(scope: SessionScope, { a }: In<typeof schemas.SharedBody>): Promise<object> {
  return ask(scope, GroupsMessage.Shared, new Writer(64).text(a).view());
}

/** Some interest may have come or gone. */
export function changed(scope: SessionScope): void {
  scope.context.tell(GROUPS, GroupsMessage.Changed, scope.author().account);
}

async function ask<T extends object>(scope: SessionScope, type: number, body: Uint8Array): Promise<T> {
  return unpackCbor<T>(await scope.context.ask(GROUPS, type, body, ASK_MS));
}
