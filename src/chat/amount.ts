/** Sizes, rates and spans of time as people read them; short, since they stand in columns. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `0 B`, `999 B`, `1.5 MB`, `12 MB`: steps of 1000, one decimal below ten. At most seven cells up to petabytes. */
export function formatSize(bytes: number): string {
  let value = Number.isFinite(bytes) ? Math.max(0, bytes) : 0;
  let unit = 0;
  // What would be rounded to 1000 belongs to the next unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** `12 MB/s`. @param bytesPerS bytes a second */
export function formatRate(bytesPerS: number): string {
  return `${formatSize(bytesPerS)}/s`;
}

/** `0:04`, `3:05`, `2:03:05`; from a hundred hours on `>99 h`, and `-:--` when nobody can tell. */
export function formatRemaining(ms: number): string {
  if (!Number.isFinite(ms)) return '-:--';
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [s, m, h] = [seconds % 60, Math.floor(seconds / 60) % 60, Math.floor(seconds / 3600)];
  if (h >= 100) return '>99 h';
  const two = (part: number) => String(part).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
