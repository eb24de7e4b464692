/**
 * pdf.js, held to what the page's policy allows: its worker is a file of ours, nothing is evaluated or fetched.
 *
 * Images in JPEG 2000 stay blank, since their decoder would need a policy that allows WebAssembly.
 */

import { getDocument, GlobalWorkerOptions, type PDFDocumentProxy } from "pdfjs-dist/legacy/build/pdf.mjs";
import worker from "pdfjs-dist/legacy/build/pdf.worker.min.mjs?url";
import dingbats from "pdfjs-dist/standard_fonts/FoxitDingbats.pfb?url";
import symbol from "pdfjs-dist/standard_fonts/FoxitSymbol.pfb?url";

GlobalWorkerOptions.workerSrc = worker;

/** Fonts that PDFs leave out and systems lack; the usual ones are taken from the system. */
class Fonts {
  async fetch({ filename }: { kind: string; filename: string }): Promise<Uint8Array> {
    const address = { "FoxitSymbol.pfb": symbol, "FoxitDingbats.pfb": dingbats }[filename];
    if (!address) throw new Error(`${filename} is not shipped`);
    return new Uint8Array(await (await fetch(address)).arrayBuffer());
  }
}

/** Errors: whatever pdf.js says of a file it cannot read. */
export function open(data: Uint8Array): Promise<PDFDocumentProxy> {
  const options = {
    data: data.slice(), // pdf.js takes the buffer away
    BinaryDataFactory: Fonts,
    isEvalSupported: false,
    useWasm: false,
    useWorkerFetch: false,
  };
  return getDocument(options as Parameters<typeof getDocument>[0]).promise;
}
