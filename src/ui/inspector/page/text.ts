/** How things are written on the page. */

/** What steers a text's direction, or cannot be seen: in a name that comes from others it would only mislead. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;
const LENGTH_MAX = 200;

/** A text of others, to be shown: one line, without what steers it. */
export function plain(text: string): string {
  const shown = text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text;
  return shown.replace(UNSEEN, '\u{fffd}');
}

const numbers = new Intl.NumberFormat('en');

/** `1,024` */
export function numberText(value: number): string {
  return numbers.format(value);
}

/** `1 actor`, `1,024 actors` */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}

/** `64 B`, `1.5 KB` */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** `12:34:56.789`, in the time of whoever looks. */
export function timeText(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '';
  const two = (value: number) => String(value).padStart(2, '0');
  const ms = String(time.getMilliseconds()).padStart(3, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}
