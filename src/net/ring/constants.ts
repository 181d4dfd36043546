/** Every number of the ring, each with its unit and source. What it shares with a server stands in ../constants.ts. */
import { KEY_BYTES, TEXT_MAX_BYTES } from '../constants.js';

// ---- Ring -----------------------------------------------------------------------------------------------

/** Mixed with the community's id into the prologue: a handshake between two communities opens nothing. */
export const RING_PROLOGUE = 'natter/1 ring';
/** Places are below this: 52 bits, see ring/place.ts. */
export const RING_PLACES = 2 ** 52;
/** BLAKE2b-256 of a community's name, keyed with the key of a closed one. */
export const COMMUNITY_ID_BYTES = 32;
/** By which peers of one community find each other on a local network. */
export const LAN_TAG_BYTES = 16;
/** Ed25519. */
export const SIGNATURE_BYTES = 64;
export const SIGNING_SECRET_BYTES = 64;
export const IDENTITY_SEED_BYTES = 32;
/** Addresses of one peer. */
export const ADDRESSES_MAX = 6;
/** What a peer says about itself in its record. */
export const PeerState = { Left: 0, Online: 1, Away: 2 } as const;
export type PeerState = (typeof PeerState)[keyof typeof PeerState];
export const RECORD_MAX_BYTES = 1024;
/** Records and handshake keys that need not be worked out again. */
export const RECORDS_REMEMBERED_MAX = 4_096;
/** A geohash of 5 characters is a cell of about 4.9 km; nothing finer is ever announced. */
export const CELL_MAX_BYTES = 5;
export const INTERESTS_MAX = 16;
export const GROUP_ID_BYTES = 16;
export const EPOCH_BYTES = 8;
export const FEED_ID_BYTES = 16;
export const FEED_HASH_BYTES = 32;
/** Hybrid logical clock: 48 bits of wall-clock ms, 16 bits that count. */
export const CLOCK_BYTES = 8;
/** A text and all that stands around it in an entry. */
export const FEED_ENTRY_MAX_BYTES = TEXT_MAX_BYTES + 512;
/** An entry further ahead of one's own clock is refused, and its author is told. */
export const CLOCK_AHEAD_MAX_MS = 3_600_000;
/** Nobody's clock follows one further ahead: else what they say next would be refused by whose clock is a little behind. */
export const CLOCK_FOLLOWED_MAX_MS = CLOCK_AHEAD_MAX_MS / 2;
/** A number of one start of a program: tells a peer that began anew from one that dials twice. */
export const LIFE_BYTES = 8;
export const HELLO_MAX_BYTES = RECORD_MAX_BYTES + 64;
/** How long the other end of a wire may take for its HELLO. */
export const HELLO_PATIENCE_MS = 5_000;
/** HELLOs of one wire: more than one only from who began anew over it. */
export const HELLOS_BURST = 4;
export const HELLOS_PER_S = 0.1;
/** Frames that overtook the HELLO, kept per wire. */
export const FRAMES_BEFORE_HELLO_MAX = 64;
export const BYTES_BEFORE_HELLO_MAX = 64 * 1024;
/** The next address of a peer is tried beside the last one after this (RFC 8305 section 8 has 250 ms). */
export const DIAL_STAGGER_MS = 150;
/** One address is given up after this. */
export const DIAL_PATIENCE_MS = 4_000;
/** A link that neither side needs is closed after this. */
export const LINK_IDLE_MS = 10_000;
/** Two wires opened within this were dialled by both sides at once; further apart the older one is taken for dead. */
export const TWIN_WINDOW_MS = 3_000;
/** The wire that goes is closed after this, so that what flies on it arrives. */
export const TWIN_LINGER_MS = 2_000;
/** Links of one peer, those that are only being dialled among them. */
export const PEER_LINKS_MAX = 256;
/** Of those, dialled by others, and by others of one network (ratelimit.ts). The rest is for those that we dial. */
export const GUESTS_MAX = 192;
export const GUESTS_PER_NETWORK_MAX = 64;
/** Addresses of one peer that are dialled in one network. */
export const ADDRESSES_PER_NETWORK_MAX = 2;
/** A death notice: subject, version, reporter, signature. */
export const DEATH_BYTES = 2 * KEY_BYTES + 6 + SIGNATURE_BYTES;
/** People known, present or not; beyond it those who are gone the longest are forgotten. */
export const ROSTER_MAX = 10_000;

// ---- Ring: broadcast (Leitao, Pereira, Rodrigues: Epidemic Broadcast Trees, 2007) --------------------------

/** What one GOSSIP carries, kept small enough for an entry of the largest text. */
export const ITEM_MAX_BYTES = FEED_ENTRY_MAX_BYTES;
/** BLAKE2b-128 of kind and bytes. */
export const ITEM_ID_BYTES = 16;
/** Items that are known not to be new: how many are remembered, and for how long. What comes later asks the store. */
export const ITEMS_SEEN_MAX = 8_192;
export const ITEM_SEEN_MS = 300_000;
/** Items that can still be handed to who grafts. */
export const ITEM_KEPT_MS = 20_000;
export const ITEMS_KEPT_MAX_BYTES = 256 * 1024;
/** Records and deaths leave so long after the ones before: when many come and go, several share a datagram. */
export const PRESENCE_EVERY_MS = 150;
/** An IHAVE waits so long for others to share its frame. */
export const IHAVE_DELAY_MS = 100;
/** And the next one so long after that: when much is said, more share it. */
export const IHAVE_EVERY_MS = 400;
/** Ids in one IHAVE: they fit a datagram. */
export const IHAVE_IDS_MAX = 64;
/** Links that are told with IHAVE, the ring's two edges first. */
export const LAZY_LINKS_MAX = 4;
/** How long an item that was announced may take to come by itself; it follows what is measured within these bounds. */
export const GRAFT_AFTER_MS = 800;
export const GRAFT_AFTER_MIN_MS = 300;
export const GRAFT_AFTER_MAX_MS = 4_000;
/** From a graft to the next one, at somebody else who announced it. */
export const GRAFT_AGAIN_MS = 700;
export const GRAFT_IDS_MAX = 32;
/** Ids in grafts that a link may ask at once, and each second. */
export const GRAFTS_BURST = 128;
export const GRAFTS_PER_S = 32;
/** Items that were announced and have not come, of all links and of one; who is remembered of each. */
export const MISSING_MAX = 2_048;
export const MISSING_PER_LINK_MAX = 512;
export const ANNOUNCERS_MAX = 4;
/** Of one author live, and of one content whoever says it; what is above is left to sync. */
export const AUTHOR_BURST = 5;
export const AUTHOR_PER_S = 1;
export const CONTENT_BURST = 3;
export const CONTENT_PER_S = 0.5;
/** Records of one peer, as often as it has to refute its death; what is above is left to sync. */
export const RECORD_BURST = 8;
export const RECORD_PER_S = 0.5;
/** Records of peers that nobody here has heard of, over one link; what is above is left to sync. */
export const STRANGERS_BURST = 200;
export const STRANGERS_PER_S = 20;
/** Entries over one link, whoever wrote them: looked at, and spread of these; what is above is left to sync. */
export const LINK_ENTRIES_BURST = 500;
export const LINK_ENTRIES_PER_S = 100;
export const LINK_SPREAD_BURST = 250;
export const LINK_SPREAD_PER_S = 50;
/** A body shorter than this has no rate of its own. */
export const CONTENT_MIN_BYTES = 32;
/** Payloads that a link may bring again at once, and each second: what is under way when it is pruned. */
export const REPEATS_BURST = 1_024;
export const REPEATS_PER_S = 64;

// ---- Ring: feeds and sync ---------------------------------------------------------------------------------

export const DIGEST_BUCKETS = 256;
/** Of a bucket's hash. A false equality (once in 2^32) lasts until something of the bucket changes. */
export const DIGEST_BUCKET_BYTES = 4;
export const DIGEST_ROOT_BYTES = 16;
/** The set that holds records and death notices. Groups are hashes, the lobby is zeros. */
export const ROSTER_SET = Buffer.alloc(GROUP_ID_BYTES, 0xff);
/** A round with the next partner; sooner when something is known to be missing, or was not spread. */
export const SYNC_PERIOD_MS = 10_000;
export const SYNC_HURRY_MS = 1_000;
/** A new edge of the ring is compared with after this, SYNC_AGAIN_MS after any other: while peers come, edges change. */
export const SYNC_EDGE_MS = 1_500;
/** Two rounds with one partner are at least so far apart. */
export const SYNC_AGAIN_MS = 4_000;
/** A partner that says nothing for this long has given up, or never answers. */
export const SYNC_PATIENCE_MS = 10_000;
/** Rounds that one partner may open: so many at once, and as many again in this time. */
export const SYNC_ROUNDS_MAX = 8;
export const SYNC_ROUNDS_MS = 30_000;
/** Sets of one round. */
export const SYNC_SETS_MAX = 32;
/** Of one frame: heads, ranges, and bytes of items (one may always be longer). */
export const HEADS_MAX = 512;
export const LACKS_MAX = 256;
export const ITEMS_BYTES = 32 * 1024;
/** Heads of one round that are looked at. */
export const HEADS_PENDING_MAX = 16_384;
/** What one partner is handed: at once, and each second. */
export const SERVED_BURST_BYTES = 16 * 1024 * 1024;
export const SERVED_BYTES_PER_S = 1024 * 1024;
/** A partner that could not hand over what its heads promised is not asked for that again for so long. */
export const UNSERVED_MS = 60_000;
/** With so many broken promises its heads are not looked at any more, until they are forgotten. */
export const UNSERVED_MAX = 256;
/** Partners that must lack a part of a feed before it counts as lost. */
export const LOST_WITNESSES = 3;
export const ABSENT_MAX = 4_096;
/** What names a feed or a peer in sync, at most. */
export const SYNC_ID_MAX_BYTES = 32;
/** Of a head's hash. */
export const SYNC_MARK_BYTES = 8;
/** Gaps of one feed that are asked for at once. */
export const SYNC_RANGES_MAX = 32;
/** Entries kept of a group, and of one author in it: nobody can talk everybody else out of the history. */
export const GROUP_ENTRIES_MAX = 10_000;
export const AUTHOR_ENTRIES_MAX = 2_500;
/** Entries that sync fetches as fast as they come, from all links together, for so long after one came into company. */
export const CATCH_UP_ENTRIES = GROUP_ENTRIES_MAX;
export const CATCH_UP_MS = 60_000;
/** By their authors' clocks. */
export const ENTRY_LIFE_MS = 30 * 24 * 3600 * 1000;
/** Feeds of one author in one group: starts of their program within an entry's life. */
export const AUTHOR_FEEDS_MAX = 1_024;

// ---- Ring: private messages -----------------------------------------------------------------------------

/** Of ROUTE: greedy ways take at most 7 hops on average at 1,000 peers; this is for a ring that is being repaired. */
export const ROUTE_HOPS_MAX = 32;
export const ROUTE_ID_BYTES = 8;
/** What a ROUTE carries. */
export const ROUTE_BODY_MAX_BYTES = 32 * 1024;
/** A letter, a file's offer and a receipt are called by so many bytes. */
export const LETTER_ID_BYTES = 16;
/** What is sealed is filled up to a multiple of this, so that its length tells little. */
export const LETTER_PADDING_BYTES = 256;
/** A text and all that stands around it, filled up, and what sealing adds. */
export const SEALED_MAX_BYTES = TEXT_MAX_BYTES + 768;
/** libsodium's crypto_box_SEALBYTES: an ephemeral key and a tag. */
export const SEAL_OVERHEAD_BYTES = 48;
/** A piece of mail: what is sealed, and the outside of it. */
export const MAIL_MAX_BYTES = SEALED_MAX_BYTES + 256;
/** Nobody keeps mail longer, and its sender gives up. */
export const MAIL_LIFE_MS = 7 * 24 * 3_600_000;
/** A receipt is remembered, so that what it deleted does not come back from somebody who was away. */
export const RECEIPT_LIFE_MS = 2 * 24 * 3_600_000;
/** Live successors of a place that keep the mail of whoever is at home there. */
export const MAIL_HOLDERS = 4;
/** Names in one SHELF, KEPT or LACKING, and pieces of mail in one KEEP. */
export const MAIL_NAMES_MAX = 256;
export const MAIL_ITEMS_MAX = 6;
/** Names that are looked at of what one link brings: at once, and each second. */
export const MAIL_NAMES_BURST = 16_384;
export const MAIL_NAMES_PER_S = 256;

// ---- Ring: the overlay ----------------------------------------------------------------------------------

/** How often the first successor is asked for its neighbours (Zave's stabilise). */
export const STABILISE_MS = 1_000;
/** Successors: at least so many, else ceil(log2 N) and so many more; while everybody fits in, everybody. */
export const SUCCESSORS_MIN = 8;
export const SUCCESSORS_MORE = 2;
export const SUCCESSORS_MAX = 24;
/** Successors to which there is always a link. */
export const SUCCESSORS_LINKED = 3;
/** Up to so many peers everybody is linked to everybody, until there are more than the second. */
export const EVERYBODY_LINKED_MAX = 17;
export const EVERYBODY_LINKED_UNTIL = 24;
/** Long links at harmonic distances (Symphony). */
export const LONG_LINKS_MIN = 4;
export const LONG_LINKS_MAX = 8;
/** Places in one LINKS, of which 32 bits are told, and how long its sender waits for more to change. */
export const LINKS_MAX = 64;
export const LINKS_DELAY_MS = 10_000;
/** A changed list is told to those who follow after this. */
export const NEIGHBOURS_DELAY_MS = 200;
/** Peers that are remembered for the day when all others are gone; some of them are those who went. */
export const PASSIVE_MAX = 30;
export const PASSIVE_LOST_MAX = 10;
/** How often one of them is visited; of those who went; while one is alone. */
export const VISIT_MS = 60_000;
export const VISIT_LOST_MS = 5_000;
export const VISIT_ALONE_MS = 1_000;
/** A missed probe: this and the round trip; of one who is not linked, the time a handshake may take. */
export const PROBE_TIMEOUT_MS = 500;
export const PROBE_DIAL_TIMEOUT_MS = 1_500;
/** Peers who are asked to try in our place (SWIM), and how long they have. */
export const PROBE_HELPERS = 3;
export const PROBE_FOR_TIMEOUT_MS = 1_500;
/** Peers that one tries for others at once, and for one of them. */
export const PROBES_FOR_OTHERS_MAX = 32;
export const PROBES_FOR_ONE_MAX = 8;
/** How long somebody is suspect before they are evicted. */
export const SUSPECT_MS = 4_000;
/** Nobody takes an evicted peer back from hearsay for so long. */
export const EVICTED_MS = 30_000;
/** Before somebody who could not be reached is dialled again; doubles. */
export const REDIAL_FIRST_MS = 2_000;
export const REDIAL_MAX_MS = 60_000;
/** Dials in vain that hearsay may cause: a second, and at once. */
export const DIALS_PER_S = 4;
export const DIALS_BURST = 32;
/** A FIND passes so many peers at most; after so long nobody waits for its answer any more. */
export const FIND_HOPS_MAX = 32;
export const FIND_TIMEOUT_MS = 5_000;
/** FINDs that wait here for their answer, and those of one neighbour. */
export const FINDS_MAX = 512;
export const FINDS_OF_ONE_MAX = 64;
export const FOUND_CONTACTS_MAX = 8;
