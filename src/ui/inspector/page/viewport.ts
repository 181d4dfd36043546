/**
 * What part of a drawing is seen: a pannable and zoomable window, in the drawing's own units. A drawing that would be too
 * small to read as a whole is shown in part, and the window follows what happens, until the person moves it.
 */

const SCALE_MAX = 4;
const SCALE_MIN = 0.1;
/** A small drawing is not blown up beyond this when it is fitted. */
const FIT_MAX = 1.25;
const MARGIN = 16;
/** Below this its texts cannot be read; then as much of it is shown as fits at `READING`. */
const READABLE = 0.7;
const READING = 0.9;

/** `auto`: the whole where that can be read, else what happens; `own`: where the person has moved it. */
type Mode = 'auto' | 'whole' | 'own';

/** In the drawing's units. */
export type Place = Pick<DOMRect, 'x' | 'y' | 'width' | 'height'>;

/** A pointer that moved less has clicked; px. */
const CLICK_PX = 4;
const STEP_PX = 60;

export class Viewport {
  readonly #frame: HTMLElement;
  #drawing: SVGSVGElement | undefined;
  #size = { width: 1, height: 1 };
  /** Middle of what is seen, and pixels per unit. */
  #x = 0;
  #y = 0;
  #scale = 1;
  #mode: Mode = 'auto';
  #followed: Place | undefined;
  #drag: { readonly id: number; x: number; y: number; moved: number } | undefined;
  #hasDragged = false;

  constructor(frame: HTMLElement) {
    this.#frame = frame;
    frame.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    frame.addEventListener('pointerdown', (event) => this.#down(event));
    frame.addEventListener('pointermove', (event) => this.#move(event));
    frame.addEventListener('pointerup', () => this.#up());
    frame.addEventListener('pointercancel', () => this.#up());
    // A click that ends a drag is none.
    frame.addEventListener('click', (event) => this.#hasDragged && event.stopPropagation(), {
      capture: true,
    });
    new ResizeObserver(() => this.#settle()).observe(frame);
  }

  show(drawing: SVGSVGElement): void {
    const { width, height } = drawing.viewBox.baseVal;
    this.#drawing = drawing;
    this.#size = { width: Math.max(1, width), height: Math.max(1, height) };
    drawing.setAttribute('width', '100%');
    drawing.setAttribute('height', '100%');
    this.#followed = undefined;
    this.#mode = 'auto';
    this.#settle();
  }

  /** All of it. */
  fit(): void {
    this.#mode = 'whole';
    this.#settle();
  }

  /** Something happens there: it is brought into sight, unless the person has moved the window or sees the whole. */
  follow(place: Place): void {
    this.#followed = place;
    if (this.#mode === 'auto') this.#settle();
  }

  /** Somebody wants to see that: the window moves there, unless it is in sight already. */
  reveal(place: Place): void {
    const { clientWidth, clientHeight } = this.#frame;
    const [x, y] = [place.x + place.width / 2, place.y + place.height / 2];
    const isSeen =
      Math.abs(x - this.#x) + place.width / 2 <= clientWidth / this.#scale / 2 &&
      Math.abs(y - this.#y) + place.height / 2 <= clientHeight / this.#scale / 2;
    if (isSeen) return;
    this.#followed = place;
    if (this.#mode === 'auto') this.#settle();
    else {
      this.#x = x;
      this.#y = y;
      this.#apply();
    }
  }

  get #wholeScale(): number {
    const { clientWidth, clientHeight } = this.#frame;
    const { width, height } = this.#size;
    const room = { width: clientWidth - 2 * MARGIN, height: clientHeight - 2 * MARGIN };
    return clamp(Math.min(room.width / width, room.height / height, FIT_MAX));
  }

  /** Decided anew at each size of the frame, which may be hidden when its drawing comes. */
  #settle(): void {
    const { width, height } = this.#size;
    const whole = this.#wholeScale;
    if (this.#mode === 'whole' || (this.#mode === 'auto' && whole >= READABLE)) {
      this.#scale = whole;
      this.#x = width / 2;
      this.#y = height / 2;
    } else if (this.#mode === 'auto') {
      const { clientWidth, clientHeight } = this.#frame;
      const place = this.#followed ?? { x: width / 2, y: 0, width: 0, height: 0 };
      this.#scale = READING;
      this.#x = within(place.x + place.width / 2, clientWidth / READING, width);
      this.#y = within(place.y + place.height / 2, clientHeight / READING, height);
    }
    this.#apply();
  }

  zoom(factor: number, x = this.#frame.clientWidth / 2, y = this.#frame.clientHeight / 2): void {
    const scale = clamp(this.#scale * factor);
    const fromMiddle = { x: x - this.#frame.clientWidth / 2, y: y - this.#frame.clientHeight / 2 };
    // What is under the pointer stays there.
    this.#x += fromMiddle.x / this.#scale - fromMiddle.x / scale;
    this.#y += fromMiddle.y / this.#scale - fromMiddle.y / scale;
    this.#scale = scale;
    this.#mode = 'own';
    this.#apply();
  }

  pan(dx: number, dy: number): void {
    const { width, height } = this.#size;
    this.#x = Math.min(width, Math.max(0, this.#x + dx / this.#scale));
    this.#y = Math.min(height, Math.max(0, this.#y + dy / this.#scale));
    this.#mode = 'own';
    this.#apply();
  }

  /** Arrows move, plus and minus zoom, 0 shows all. @returns whether it was one of those */
  key({ key, shiftKey }: KeyboardEvent): boolean {
    const step = shiftKey ? STEP_PX * 4 : STEP_PX;
    if (key === 'ArrowLeft') this.pan(-step, 0);
    else if (key === 'ArrowRight') this.pan(step, 0);
    else if (key === 'ArrowUp') this.pan(0, -step);
    else if (key === 'ArrowDown') this.pan(0, step);
    else if (key === '+' || key === '=') this.zoom(1.25);
    else if (key === '-') this.zoom(0.8);
    else if (key === '0') this.fit();
    else return false;
    return true;
  }

  #apply(): void {
    const { clientWidth, clientHeight } = this.#frame;
    if (this.#drawing === undefined || clientWidth === 0) return;
    const width = clientWidth / this.#scale;
    const height = clientHeight / this.#scale;
    const box = [this.#x - width / 2, this.#y - height / 2, width, height];
    this.#drawing.setAttribute('viewBox', box.map((value) => value.toFixed(2)).join(' '));
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const box = this.#frame.getBoundingClientRect();
    this.zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - box.left, event.clientY - box.top);
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#hasDragged = false;
    this.#drag = { id: event.pointerId, x: event.clientX, y: event.clientY, moved: 0 };
  }

  #move(event: PointerEvent): void {
    const drag = this.#drag;
    if (drag === undefined || drag.id !== event.pointerId) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.moved += Math.abs(dx) + Math.abs(dy);
    if (drag.moved < CLICK_PX) return;
    // Captured only now: a captured pointer would click the frame instead of what is under it.
    if (!this.#hasDragged) this.#frame.setPointerCapture(drag.id);
    this.#hasDragged = true;
    this.pan(-dx, -dy);
    Object.assign(drag, { x: event.clientX, y: event.clientY });
  }

  #up(): void {
    this.#drag = undefined;
  }
}

/** The middle of a window of this length that shows as much of `whole` as it can, and `at` near its middle. */
function within(at: number, length: number, whole: number): number {
  const half = length / 2 - MARGIN;
  return half * 2 >= whole ? whole / 2 : Math.min(whole - half, Math.max(half, at));
}

function clamp(scale: number): number {
  return Math.min(SCALE_MAX, Math.max(SCALE_MIN, scale));
}
