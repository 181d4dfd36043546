/** What the server refused, or that it was not there (status 0). */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type Parameters = Readonly<Record<string, string>>;

export interface Hello {
  /** `serve`, `chat`, `ring` or `inspect`. */
  readonly program: string;
  readonly pid: number;
  /** Something runs that can be watched. */
  readonly live: boolean;
  /** As many pages watch as may. */
  readonly full: boolean;
}

/** An answer that takes longer is none; ms. */
const PATIENCE_MS = 10_000;
/** Drawings are made one after the other, and a busy machine takes a while for eleven of them; ms. */
const DRAWING_MS = 60_000;

/** Asks the server that the page came from. The token is in the page's own address and goes along with everything. */
export class Api {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** Address of something on the server, token included. */
  address(path: string, parameters: Parameters = {}): string {
    return `${path}?${new URLSearchParams({ ...parameters, token: this.#token })}`;
  }

  hello(): Promise<Hello> {
    return this.get<Hello>('/api/hello');
  }

  /** @throws ApiError */
  async get<T>(path: string, parameters: Parameters = {}): Promise<T> {
    return (await this.#fetch(this.address(path, parameters), {})).json() as Promise<T>;
  }

  /** @throws ApiError */
  async post<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    return (await this.#fetch(this.address(path), init)).json() as Promise<T>;
  }

  /**
   * A drawing, as nodes for this page. The browser parses it as the answer arrives, since the page's policy lets no
   * text be turned into nodes; scripts and styles in it, should there be any, stay behind.
   * @throws ApiError
   */
  drawing(path: string, parameters: Parameters): Promise<SVGSVGElement> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.responseType = 'document';
      request.timeout = DRAWING_MS;
      request.onload = () => {
        const root = request.responseXML?.documentElement;
        const isDrawing = request.getResponseHeader('content-type')?.startsWith('image/svg+xml') === true;
        if (request.status !== 200 || !isDrawing || !(root instanceof SVGSVGElement))
          reject(new ApiError(request.status, 'There is no drawing of that.'));
        else resolve(harmless(document.importNode(root, true)));
      };
      request.onerror = () => reject(new ApiError(0, 'The program does not answer.'));
      request.ontimeout = request.onerror;
      request.open('GET', this.address(path, parameters));
      request.send();
    });
  }

  async #fetch(address: string, init: RequestInit): Promise<Response> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(address, { ...init, signal, redirect: 'error' }).catch(() => undefined);
    if (answer === undefined) throw new ApiError(0, 'The program does not answer.');
    if (answer.ok) return answer;
    const said = (await answer.json().catch(() => ({}))) as { readonly message?: string };
    throw new ApiError(answer.status, said.message ?? 'The program refused that.');
  }
}

function harmless(drawing: SVGSVGElement): SVGSVGElement {
  for (const part of drawing.querySelectorAll('script, style, foreignObject, image, use')) part.remove();
  for (const part of [drawing, ...drawing.querySelectorAll('*')])
    for (const { name } of [...part.attributes])
      if (name === 'style' || name === 'href' || name.startsWith('on')) part.removeAttribute(name);
  return drawing;
}
