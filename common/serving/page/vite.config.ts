import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const HERE = import.meta.dirname;

/** What dist/ is made from, in the order in which tests/common/serving/page/test_dist.py hashes it. */
function sources(): string[] {
  const src = readdirSync(join(HERE, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(HERE.length + 1));
  return [...src, "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"].sort();
}

/** Leaves the digest of the sources beside what was built from them. */
function recordSources(): Plugin {
  return {
    name: "record-sources",
    generateBundle() {
      const hash = createHash("sha256");
      for (const name of sources())
        hash
          .update(`${name}\0`)
          .update(readFileSync(join(HERE, name)))
          .update("\0");
      this.emitFile({ type: "asset", fileName: "sources.sha256", source: `${hash.digest("hex")}\n` });
    },
  };
}

/** The licences of what is shipped besides our own, which each ask to go with it. */
function licences(): Plugin {
  const files = ["pdfjs-dist/LICENSE", "pdfjs-dist/standard_fonts/LICENSE_FOXIT", "preact/LICENSE"];
  return {
    name: "licences",
    generateBundle() {
      const texts = files.map((name) => `== ${name}\n\n${readFileSync(join(HERE, "node_modules", name), "utf8")}`);
      this.emitFile({ type: "asset", fileName: "licences.txt", source: texts.join("\n") });
    },
  };
}

export default defineConfig({
  base: "/page/",
  plugins: [recordSources(), licences()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the policy knows no data: addresses
    modulePreload: false,
    sourcemap: false,
    chunkSizeWarningLimit: 600, // pdf.js, apart from the start
    rollupOptions: {
      // find.ts is an entry of its own so that tests can call what is shipped.
      input: { app: join(HERE, "index.html"), find: join(HERE, "src/find.ts") },
      preserveEntrySignatures: "strict",
      output: {
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        // Servers know .js; .mjs is text/plain to some of them, and such a worker does not start.
        assetFileNames: (asset) =>
          asset.names[0]?.endsWith(".mjs") ? "assets/pdf.worker-[hash].js" : "assets/[name]-[hash][extname]",
      },
    },
  },
});
