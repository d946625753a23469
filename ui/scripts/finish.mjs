// After the build: compressed copies beside the files, and the size of what the first page loads, held against its limit.
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const limit = 250 * 1024;
const dist = new URL('../dist/', import.meta.url).pathname;
const assets = join(dist, 'assets');

for (const name of readdirSync(assets)) {
  if (!/\.(js|css|svg|json)$/.test(name)) continue;
  const bytes = readFileSync(join(assets, name));
  if (bytes.length < 1024) continue;
  writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }));
}

const page = readFileSync(join(dist, 'index.html'), 'utf8');
const first = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1]);
let total = 0;
for (const name of first) {
  const compressed = join(dist, `${name}.gz`);
  total += statSync(compressed, { throwIfNoEntry: false })?.size ?? gzipSync(readFileSync(join(dist, name))).length;
}
console.log(`The first page loads ${(total / 1024).toFixed(0)} KB of scripts (gzip), of ${limit / 1024} KB allowed.`);
if (total > limit) {
  console.error('Too much: load pages and editors when they are opened (lazyRouteComponent, import()).');
  process.exit(1);
}
