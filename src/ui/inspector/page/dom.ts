/** What an element is given: attributes by name, `on...` as listeners, `true` for an empty attribute. */
export type Attributes = Readonly<Record<string, string | number | boolean | EventListener | undefined>>;

export type Child = Node | string | undefined;

/**
 * An element with attributes and children. Strings become text and never markup, which is all that keeps names from
 * the network harmless here; the page's policy (Trusted Types) holds it too.
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  dress(made, attributes);
  for (const child of children) if (child !== undefined) made.append(child);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

/** The same for a part of a drawing. */
export function shape<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, tag);
  dress(made, attributes);
  for (const child of children) if (child !== undefined) made.append(child);
  return made;
}

function dress(made: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
}

/** Sets a text only where it is another: an unchanged one costs no layout. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets or removes an attribute, only where that changes something. */
export function setAttribute(of: Element, name: string, value: string | undefined): void {
  if (value === undefined) {
    if (of.hasAttribute(name)) of.removeAttribute(name);
  } else if (of.getAttribute(name) !== value) of.setAttribute(name, value);
}
