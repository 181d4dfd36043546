import { type ConversationBody, EventKind } from '../../chat/operations.js';
import {
  AnswerEventBody,
  ConversationBody as ConversationSchema,
  CursorBody,
  FileEventBody,
  GoneEventBody,
  TopicBody,
} from '../../chat/schemas.js';
import { decodeBody } from '../../chat/wire.js';
import type { Reader } from '../../net/bytes.js';
import { FrameType } from '../../net/constants.js';
import { ephemeralCodec, eventCodec, headCodec, pushCodec } from '../../net/talk.js';
import type { Conversations } from './conversations.js';
import type { Transfers } from './files/transfers.js';
import type { Groups } from './groups.js';

/** Who takes in what is told. */
export interface NewsDesks {
  readonly conversations: Conversations;
  readonly groups: Groups;
  readonly files: Pick<Transfers, 'told' | 'answered'>;
  /** A conversation is there that the account did not have in this session. */
  appeared(body: ConversationBody): void;
}

/**
 * Takes in a frame that the server sent unasked. Types and events that this version does not know are left
 * alone: a newer server may have more.
 */
export function takeNews(type: number, reader: Reader, desks: NewsDesks): void {
  const { conversations } = desks;
  switch (type) {
    case FrameType.Push:
      conversations.push(pushCodec.decode(reader));
      break;
    case FrameType.Head:
      conversations.head(headCodec.decode(reader));
      break;
    case FrameType.Ephemeral:
      conversations.ephemeral(ephemeralCodec.decode(reader));
      break;
    case FrameType.Event:
      takeEvent(reader, desks);
  }
}

function takeEvent(reader: Reader, { conversations, groups, files, appeared }: NewsDesks): void {
  const { event, body } = eventCodec.decode(reader);
  switch (event) {
    case EventKind.Conversation:
      appeared(decodeBody(ConversationSchema, body));
      break;
    case EventKind.ConversationGone: {
      const { l, r } = decodeBody(GoneEventBody, body);
      const conversation = conversations.byLog(l);
      conversations.gone(l);
      if (conversation !== undefined) groups.gone(conversation, r);
      break;
    }
    case EventKind.Cursor: {
      const { l, s } = decodeBody(CursorBody, body);
      conversations.cursor(l, s);
      break;
    }
    case EventKind.Topic: {
      const { l, t } = decodeBody(TopicBody, body);
      conversations.topic(l, t);
      break;
    }
    case EventKind.File:
      files.told(decodeBody(FileEventBody, body));
      break;
    case EventKind.Answer:
      files.answered(decodeBody(AnswerEventBody, body));
      break;
  }
}
