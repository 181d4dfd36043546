/** One of the page's tabs. */
export interface View {
  /** First part of its place: `#/machines`. */
  readonly id: string;
  readonly title: string;
  readonly element: HTMLElement;
  /** Its keys, for the list that `?` shows. */
  readonly keys: readonly KeyHelp[];
  /** It is seen, or the place in it is another. */
  show(rest: readonly string[]): void;
  hide(): void;
  /** A key that was pressed outside of any field. @returns whether it was for this view */
  key(event: KeyboardEvent): boolean;
}

export interface KeyHelp {
  readonly keys: string;
  readonly does: string;
}
