import type { Answer, Packet } from 'dns-packet';
import makeMdns from 'multicast-dns';

/** RFC 6762 section 5.1. */
const MDNS_PORT = 5353;
/** Every address of this machine; to be bound to one would leave out what is sent to the group. */
const ANY = '0.0.0.0';

/** Multicast DNS on one interface. */
export interface Multicast {
  query(service: string): void;
  /** @param done they have left */
  respond(answers: Answer[], done?: () => void): void;
  close(): void;
}

export interface MulticastEvents {
  /** @param from the packet's source address, on whichever interface it came */
  packet(packet: Packet, from: string): void;
  /** The interface is gone, or its port is not to be had: nothing more comes. */
  failed(): void;
}

/** @param address of the interface, IPv4 */
export type OpenMulticast = (address: string, events: MulticastEvents) => Multicast;

export const openMulticast: OpenMulticast = (address, events) => {
  const mdns = makeMdns({ interface: address, bind: ANY });
  let isClosed = false;
  const close = () => {
    if (isClosed) return;
    isClosed = true;
    mdns.destroy();
  };
  // What cannot be sent or decoded is no worse than what got lost.
  mdns.on('warning', () => {});
  mdns.on('error', () => {
    close();
    events.failed();
  });
  mdns.on('packet', (packet, { address: from, port }) => {
    // RFC 6762 section 6.7 and 11: answers come from the port of multicast DNS.
    const isAnswer = packet.type === 'response';
    if (!isClosed && (!isAnswer || port === MDNS_PORT)) events.packet(packet, from);
  });
  return {
    query: (service) => mdns.query({ questions: [{ name: service, type: 'PTR' }] }),
    respond: (answers, done) => mdns.respond({ answers }, done),
    close,
  };
};
