// What a person waits for and what their browser holds: Refract's catalog beside dbt's own page of the same project.
//
// usage: node web.mjs --refract BIN --artifacts DIR --dbt FILE --models N
//
// Refract is served (`refract docs serve`), dbt's page is its one static file. Least of three loads; nothing is cached.
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(resolve(here, '../e2e/package.json'))('playwright-core');
const { values: options } = parseArgs({
  options: { refract: { type: 'string' }, artifacts: { type: 'string' }, dbt: { type: 'string' }, models: { type: 'string' } },
});

/** Starts the server; resolves with its address and a way to stop it. */
async function serve() {
  const child = spawn(options.refract, ['docs', 'serve', '--port', '0', '--artifacts', options.artifacts]);
  const address = await new Promise((found) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        const match = line.match(/http:\/\/127\.0\.0\.1:\d+/);
        if (match) found(match[0]);
      });
    }
  });
  return { address, stop: () => child.kill('SIGTERM') };
}

/** Loads a page anew: seconds until `ready`, bytes over the wire until then, MB of heap. */
async function load(browser, address, ready) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const protocol = await context.newCDPSession(page);
  let bytes = 0;
  await protocol.send('Network.enable');
  protocol.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  const begun = performance.now();
  await page.goto(address, { waitUntil: 'commit' });
  await page.waitForFunction(ready, null, { timeout: 180_000, polling: 'raf' });
  const seconds = (performance.now() - begun) / 1000;
  const wire = bytes;
  await protocol.send('HeapProfiler.collectGarbage');
  const { usedSize } = await protocol.send('Runtime.getHeapUsage');
  const heap = usedSize + (await webAssemblyBytes(protocol));
  return { page, context, protocol, seconds, wire, heap: heap / 1e6 };
}

/** Memories of WebAssembly are no part of the JavaScript heap. */
async function webAssemblyBytes(protocol) {
  const { result } = await protocol.send('Runtime.evaluate', { expression: 'WebAssembly.Memory.prototype' });
  const { objects } = await protocol.send('Runtime.queryObjects', { prototypeObjectId: result.objectId });
  const total = await protocol.send('Runtime.callFunctionOn', {
    objectId: objects.objectId,
    functionDeclaration: 'function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }',
    returnByValue: true,
  });
  return total.result.value;
}

async function least(browser, address, ready) {
  let best;
  for (let turn = 0; turn < 3; turn += 1) {
    const { context, ...found } = await load(browser, address, ready);
    await context.close();
    if (!best || found.seconds < best.seconds) best = found;
  }
  return best;
}

/** Drags the lineage about for two seconds: the median and the 95th percentile of the time between frames, in ms. */
async function pan(browser, address) {
  const { page, context, seconds } = await load(browser, `${address}/lineage`, () => /\d nodes?, .*\d edges?/.test(document.body?.innerText));
  await page.evaluate(() => {
    window.frames_ = [];
    let last = performance.now();
    const step = (now) => {
      window.frames_.push(now - last);
      last = now;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  await page.mouse.move(900, 500);
  await page.mouse.down();
  for (let at = 0; at < 120; at += 1) await page.mouse.move(900 + 200 * Math.sin(at / 8), 500 + 120 * Math.cos(at / 8));
  await page.mouse.up();
  const frames = (await page.evaluate(() => window.frames_.slice(2))).sort((a, b) => a - b);
  await context.close();
  const share = (part) => frames[Math.floor(frames.length * part)];
  return { seconds, median: share(0.5), slow: share(0.95), frames: frames.length };
}

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--js-flags=--expose-gc'] });
const server = await serve();
try {
  const own = await least(browser, server.address, () => document.querySelector('main h1') !== null);
  const lineage = await pan(browser, server.address);
  const rows = [['refract docs serve', own.wire / 1e6, own.seconds, own.heap]];
  if (options.dbt) {
    const size = statSync(options.dbt).size / 1e6;
    const found = await least(browser, pathToFileURL(options.dbt).href, () => document.querySelectorAll('a[ui-sref], .model-row, ul.switches li').length > 0 || /Overview|Welcome/.test(document.body?.innerText));
    rows.push(['dbt 1.12, static page', size, found.seconds, found.heap]);
  }
  console.log(`| ${Number(options.models).toLocaleString('en')} models | MB until the page shows the project | seconds | MB of heap, WebAssembly's included |\n|---|---|---|---|`);
  for (const [name, ...cells] of rows) console.log(`| ${name} | ${cells.map((cell) => cell.toFixed(2)).join(' | ')} |`);
  console.log(`\nLineage of all of it: ${lineage.seconds.toFixed(2)} s until it is drawn; frames while it is dragged: median ${lineage.median.toFixed(1)} ms, 95 % within ${lineage.slow.toFixed(1)} ms (${lineage.frames} frames).`);
} finally {
  server.stop();
  await browser.close();
}
