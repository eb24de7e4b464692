/**
 * A PDF's pages, one below the other, drawn as they come near the window, with selectable text and marked passages.
 *
 * Draws nothing but pages: no forms, links or scripts of the PDF.
 */

import { TextLayer, type PDFDocumentProxy, type RenderTask } from "pdfjs-dist/legacy/build/pdf.mjs";
import { ENOUGH, find, letters, type Stretch } from "./find";
import { open } from "./pdf";

/** Pixels of one canvas: more than this and some browsers draw nothing. */
const MOST_PIXELS = 2 ** 24;
/** Pages kept drawn; the canvases of others are freed. */
const MOST_DRAWN = 12;
const ZOOMS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3];

interface Sheet {
  element: HTMLDivElement;
  width: number;
  height: number;
  render?: RenderTask;
  canvas?: HTMLCanvasElement;
  text?: Promise<TextLayer>;
  near: boolean;
}

export type Outcome = "found" | "page" | "none";

export class Viewer {
  #document?: PDFDocumentProxy;
  #sheets: Sheet[] = [];
  #drawn: Sheet[] = [];
  #zoom = 1;
  #marked = 0;
  #closed = false;
  #watcher: IntersectionObserver;
  #resizer: ResizeObserver;
  #settle = 0;
  #width = 0;

  /** scroller: the element that scrolls and is filled. onPage(n): page n is the one being read. */
  constructor(
    readonly scroller: HTMLElement,
    readonly onPage: (page: number) => void,
  ) {
    this.#watcher = new IntersectionObserver((entries) => this.#noticed(entries), {
      root: scroller,
      rootMargin: "60% 0px",
    });
    this.#resizer = new ResizeObserver(() => this.#resized());
    scroller.addEventListener("scroll", this.#scrolled, { passive: true });
  }

  /** Errors: whatever pdf.js says of a file it cannot read. Returns the number of pages. */
  async open(data: Uint8Array): Promise<number> {
    const found = await open(data);
    this.#document = found;
    if (this.#closed) return found.loadingTask.destroy().then(() => 0);
    const first = (await this.#document.getPage(1)).getViewport({ scale: 1 });
    for (let number = 1; number <= this.#document.numPages; number++) {
      const element = document.createElement("div");
      element.className = "sheet";
      element.dataset.page = String(number);
      element.setAttribute("role", "region");
      element.setAttribute("aria-label", `Page ${number}`);
      this.#sheets.push({ element, width: first.width, height: first.height, near: false });
    }
    this.scroller.replaceChildren(...this.#sheets.map((sheet) => sheet.element));
    this.#layOut();
    this.#resizer.observe(this.scroller);
    for (const sheet of this.#sheets) this.#watcher.observe(sheet.element);
    return this.#sheets.length;
  }

  close(): void {
    this.#closed = true;
    this.#watcher.disconnect();
    this.#resizer.disconnect();
    this.scroller.removeEventListener("scroll", this.#scrolled);
    clearTimeout(this.#settle);
    void this.#document?.loadingTask.destroy();
    this.scroller.replaceChildren();
  }

  /** steps: how many zoom levels in (1) or out (-1); 0 fits the width again. Returns the zoom, 1 fits the width. */
  zoom(steps: number): number {
    const place = ZOOMS.indexOf(this.#zoom) + steps;
    this.#zoom = steps === 0 ? 1 : ZOOMS[Math.min(Math.max(place, 0), ZOOMS.length - 1)]!;
    this.#resized(true);
    return this.#zoom;
  }

  goTo(page: number): void {
    const sheet = this.#sheets[page - 1];
    if (sheet) this.scroller.scrollTop = sheet.element.offsetTop - 12;
  }

  /** Take all marks away. */
  clear(): void {
    this.#marked++;
    for (const mark of this.scroller.querySelectorAll(".marks")) mark.remove();
    for (const page of this.scroller.querySelectorAll(".sheet.whole")) page.classList.remove("whole");
  }

  /**
   * Mark a quotation that should stand on `page` or run over to the next, and bring it into view. "page": the letters
   * were not found there, so the page as a whole is marked; "none": there is no such page.
   */
  async show(quote: string, page: number): Promise<Outcome> {
    this.clear();
    const turn = this.#marked;
    const found: { sheet: Sheet; layer: TextLayer; stretches: Stretch[] }[] = [];
    let covered: boolean[] = [];
    let share = 0;
    for (const number of [page, page + 1]) {
      const sheet = this.#sheets[number - 1];
      if (!sheet || share >= 0.97) continue;
      const layer = await this.#read(sheet, number);
      if (turn !== this.#marked || this.#closed) return "none";
      const result = find(quote, letters(layer.textContentItemsStr), covered);
      ({ covered, share } = result);
      found.push({ sheet, layer, stretches: result.stretches });
    }
    if (!found.length) return "none";
    if (share < ENOUGH) {
      found[0]!.sheet.element.classList.add("whole");
      this.goTo(page);
      return "page";
    }
    for (const one of found) this.#mark(one.sheet, one.layer, one.stretches);
    const first = this.scroller.querySelector<HTMLElement>(".marks > *");
    if (first) {
      const box = first.getBoundingClientRect();
      const frame = this.scroller.getBoundingClientRect();
      this.scroller.scrollTop += box.top - frame.top - frame.height * 0.3;
      this.scroller.scrollLeft += Math.min(0, box.left - frame.left - 16) || Math.max(0, box.right - frame.right + 16);
    }
    return "found";
  }

  #mark(sheet: Sheet, layer: TextLayer, stretches: Stretch[]): void {
    const marks = document.createElement("div");
    marks.className = "marks";
    marks.setAttribute("aria-hidden", "true");
    const frame = sheet.element.getBoundingClientRect();
    for (const { part, start, end } of stretches) {
      const text = layer.textDivs[part]?.firstChild;
      if (!text) continue;
      const range = document.createRange();
      range.setStart(text, start);
      range.setEnd(text, end);
      for (const box of range.getClientRects()) {
        const mark = document.createElement("div");
        mark.style.left = `${(100 * (box.left - frame.left)) / frame.width}%`;
        mark.style.top = `${(100 * (box.top - frame.top)) / frame.height}%`;
        mark.style.width = `${(100 * box.width) / frame.width}%`;
        mark.style.height = `${(100 * box.height) / frame.height}%`;
        marks.append(mark);
      }
    }
    if (marks.childElementCount) sheet.element.append(marks);
  }

  /** The text of a page, laid over it. */
  #read(sheet: Sheet, number: number): Promise<TextLayer> {
    sheet.text ??= (async () => {
      const page = await this.#document!.getPage(number);
      const container = document.createElement("div");
      container.className = "textLayer";
      sheet.element.append(container);
      const layer = new TextLayer({
        textContentSource: page.streamTextContent(),
        container,
        viewport: page.getViewport({ scale: 1 }),
      });
      await layer.render();
      return layer;
    })();
    return sheet.text;
  }

  async #draw(sheet: Sheet, number: number): Promise<void> {
    const page = await this.#document!.getPage(number);
    if (this.#closed || !sheet.near) return;
    const plain = page.getViewport({ scale: 1 });
    if (plain.width !== sheet.width || plain.height !== sheet.height) {
      [sheet.width, sheet.height] = [plain.width, plain.height];
      this.#size(sheet);
    }
    const scale = this.#scale(sheet);
    const ratio = Math.min(
      devicePixelRatio || 1,
      Math.sqrt(MOST_PIXELS / (plain.width * plain.height * scale * scale)),
    );
    const canvas = document.createElement("canvas");
    const viewport = page.getViewport({ scale: scale * ratio });
    [canvas.width, canvas.height] = [Math.floor(viewport.width), Math.floor(viewport.height)];
    canvas.setAttribute("aria-hidden", "true");
    sheet.render?.cancel();
    sheet.render = page.render({ canvas, viewport, annotationMode: 0 });
    try {
      await sheet.render.promise;
    } catch {
      return; // cancelled, or a page that pdf.js cannot draw: it stays blank, its text may still be there
    }
    if (this.#closed) return;
    sheet.canvas?.remove();
    sheet.canvas = canvas;
    sheet.element.prepend(canvas);
    await this.#read(sheet, number);
    this.#drawn = [...this.#drawn.filter((one) => one !== sheet), sheet];
    for (const old of this.#drawn.filter((one) => !one.near).slice(0, Math.max(0, this.#drawn.length - MOST_DRAWN)))
      this.#free(old);
  }

  #free(sheet: Sheet): void {
    this.#drawn = this.#drawn.filter((one) => one !== sheet);
    sheet.canvas?.remove();
    sheet.canvas = undefined;
  }

  #noticed(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const number = Number((entry.target as HTMLElement).dataset.page);
      const sheet = this.#sheets[number - 1]!;
      sheet.near = entry.isIntersecting;
      if (sheet.near && !sheet.canvas) void this.#draw(sheet, number);
    }
  }

  #scale(sheet: Sheet): number {
    return (this.#zoom * Math.max(this.#width - 24, 120)) / sheet.width;
  }

  #size(sheet: Sheet): void {
    const scale = this.#scale(sheet);
    sheet.element.style.width = `${sheet.width * scale}px`;
    sheet.element.style.height = `${sheet.height * scale}px`;
    sheet.element.style.setProperty("--total-scale-factor", String(scale));
  }

  #layOut(): void {
    this.#width = this.scroller.clientWidth;
    for (const sheet of this.#sheets) this.#size(sheet);
  }

  /** Text and marks follow their page by themselves; canvases are drawn again once the size has settled. */
  #resized(now = false): void {
    if (!this.scroller.clientWidth || (this.scroller.clientWidth === this.#width && !now)) return;
    const place = this.scroller.scrollTop / (this.scroller.scrollHeight || 1);
    this.#layOut();
    this.scroller.scrollTop = place * this.scroller.scrollHeight;
    clearTimeout(this.#settle);
    this.#settle = window.setTimeout(() => {
      this.#sheets.forEach((sheet, place) => (sheet.near ? void this.#draw(sheet, place + 1) : this.#free(sheet)));
    }, 150);
  }

  #scrolled = (): void => {
    const middle = this.scroller.scrollTop + this.scroller.clientHeight * 0.4;
    const page = this.#sheets.findLastIndex((sheet) => sheet.element.offsetTop <= middle) + 1;
    if (page) this.onPage(page);
  };
}
