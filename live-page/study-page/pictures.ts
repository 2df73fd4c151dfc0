// Many canvases on one page: each is drawn when something of it has changed and it is in sight, and together they take no more of a frame than
// leaves the page at hand.

/** Where a picture is drawn: its pen, in pixels of the page. */
export interface Pen {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
}

/** A canvas that is kept drawn. */
export interface Picture {
  /** Something has changed. */
  request(): void;
  close(): void;
}

interface KnownPicture {
  readonly canvas: HTMLCanvasElement;
  readonly paint: (pen: Pen) => void;
  isStale: boolean;
  isSeen: boolean;
}

const millisecondsOfFrame = 8;
/** Pictures just outside are drawn before they are scrolled to. */
const sightMargin = '200px';

class Pictures {
  readonly #known = new Map<Element, KnownPicture>();
  readonly #waiting = new Set<KnownPicture>();
  #isAwaited = false;
  #sight: IntersectionObserver | undefined;
  #sizes: ResizeObserver | undefined;

  /** Keeps a canvas drawn. */
  add(canvas: HTMLCanvasElement, paint: (pen: Pen) => void): Picture {
    this.#sight ??= new IntersectionObserver((entries) => this.#look(entries), { rootMargin: sightMargin });
    this.#sizes ??= new ResizeObserver((entries) => {
      for (const { target } of entries) this.#request(this.#known.get(target));
    });
    const [sight, sizes] = [this.#sight, this.#sizes];
    // On paper everything is in sight.
    if (this.#known.size === 0) addEventListener('beforeprint', this.#drawAll);
    const picture: KnownPicture = { canvas, paint, isStale: true, isSeen: false };
    this.#known.set(canvas, picture);
    sight.observe(canvas);
    sizes.observe(canvas);
    return {
      request: () => this.#request(picture),
      close: () => {
        sight.unobserve(canvas);
        sizes.unobserve(canvas);
        this.#known.delete(canvas);
        this.#waiting.delete(picture);
        if (this.#known.size === 0) removeEventListener('beforeprint', this.#drawAll);
      },
    };
  }

  readonly #drawAll = (): void => {
    for (const picture of this.#known.values()) if (picture.isStale) drawOne(picture);
  };

  #look(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const picture = this.#known.get(target);
      if (picture === undefined) continue;
      picture.isSeen = isIntersecting;
      if (picture.isStale) this.#request(picture);
    }
  }

  #request(picture: KnownPicture | undefined): void {
    if (picture === undefined) return;
    picture.isStale = true;
    if (!picture.isSeen) return;
    this.#waiting.add(picture);
    this.#await();
  }

  #draw(): void {
    this.#isAwaited = false;
    const begin = performance.now();
    for (const picture of this.#waiting) {
      if (performance.now() - begin > millisecondsOfFrame) break;
      this.#waiting.delete(picture);
      drawOne(picture);
    }
    if (this.#waiting.size > 0) this.#await();
  }

  #await(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    requestAnimationFrame(() => this.#draw());
  }
}

function drawOne(picture: KnownPicture): void {
  picture.isStale = false;
  const pen = penOf(picture.canvas);
  if (pen !== undefined) picture.paint(pen);
}

/** A clean canvas, as fine as the screen. */
function penOf(canvas: HTMLCanvasElement): Pen | undefined {
  const context = canvas.getContext('2d');
  const { clientWidth: width, clientHeight: height } = canvas;
  if (context === null || width === 0) return undefined;
  const ratio = devicePixelRatio;
  // Setting the size clears the canvas.
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.scale(ratio, ratio);
  return { context, width, height };
}

/** The pictures of this page. */
export const pictures = new Pictures();
