/** Says something to whoever does not look: one line, the newest. */
export function announce(text: string): void {
  const live = document.getElementById('announcer');
  if (live !== null) live.textContent = text;
}
