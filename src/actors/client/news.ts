import { type ConversationBody, EventKind } from '../../chat/operations.js';
import {
  AnswerEventBody,
  ConversationBody as ConversationSchema,
  CursorBody,
  FileEventBody,
  LogBody,
  TopicBody,
} from '../../chat/schemas.js';
import { decodeBody } from '../../chat/wire.js';
import type { Reader } from '../../net/bytes.js';
import { FrameType } from '../../net/constants.js';
import { ephemeralCodec, eventCodec, headCodec, pushCodec } from '../../net/talk.js';
import type { Conversations } from './conversations.js';
import type { Transfers } from './files/transfers.js';

/** What is told of files. */
export type FileNews = Pick<Transfers, 'told' | 'answered'>;

/**
 * Takes in a frame that the server sent unasked. Types and events that this version does not know are left
 * alone: a newer server may have more.
 * @param appeared a conversation is there that the account did not have in this session
 */
export function takeNews(
  type: number,
  reader: Reader,
  conversations: Conversations,
  appeared: (body: ConversationBody) => void,
  files: FileNews,
): void {
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
      takeEvent(reader, conversations, appeared, files);
  }
}

function takeEvent(
  reader: Reader,
  conversations: Conversations,
  appeared: (body: ConversationBody) => void,
  files: FileNews,
): void {
  const { event, body } = eventCodec.decode(reader);
  switch (event) {
    case EventKind.Conversation:
      appeared(decodeBody(ConversationSchema, body));
      break;
    case EventKind.ConversationGone:
      conversations.gone(decodeBody(LogBody, body).l);
      break;
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
