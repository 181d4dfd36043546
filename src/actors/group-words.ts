/** What a person is told of the groups of people nearby they are in: the same with a server and in the ring. */
import type { Target } from '../chat/events.js';

/** Not by oneself. @param by who founded it, as people read it */
export function enrolledText(target: Target, by: string, km: number): string {
  return `You were enrolled in ${target} by ${by}: everybody within ${km} km.`;
}

/** Oneself has moved. */
export function movedOutText(target: Target, km: number): string {
  return `You are out of ${target}: you are not within its ${km} km any more.`;
}

export function dismantledText(target: Target, by: string): string {
  return `${target} is no more: ${by} founded another group.`;
}
