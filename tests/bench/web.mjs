// What a person waits for and what their browser holds: Refract's catalog beside dbt's own pages of the same project.
//
// usage: node web.mjs --refract BIN --project DIR --models N [--wide DIR] [--dbt FILE] [--dbt-v2 BIN --dbt-v2-target DIR]
//
// `--wide` has artifacts with more columns, for the search. Refract is served (`refract docs serve`, `refract serve` for
// trials of texts), dbt 1.12's page is its one static file, dbt v2's is served by it. Least of three loads; nothing is
// cached.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(resolve(here, '../e2e/package.json'))('playwright-core');
const text = { type: 'string' };
const { values: options } = parseArgs({
  options: { refract: text, project: text, models: text, wide: text, dbt: text, 'dbt-v2': text, 'dbt-v2-target': text },
});

/** What people type: names, columns, tags, owners, words of descriptions, a slip of the finger, nothing that is there. */
const WORDS = ['stg_orders', 'int_billing', 'fct shipmnts', 'customer amount', 'country_code', 'nightly', 'finance', 'surrogate key', 'dim_web', 'zzz'];

/** Starts a server; resolves with its address and a way to stop it. */
async function serve(command, cwd) {
  const child = spawn(command[0], command.slice(1), { cwd });
  const address = await new Promise((found, failed) => {
    const said = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        const match = line.match(/http:\/\/127\.0\.0\.1:\d+/);
        if (match) found(match[0]);
      });
    }
    child.once('exit', () => failed(new Error(`${command.join(' ')} ended:\n${said.join('\n')}`)));
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
  return { page, context, seconds, wire: bytes / 1e6, heap: await heap(protocol) };
}

/** Megabytes that a page holds; memories of WebAssembly are no part of the JavaScript heap. */
async function heap(protocol) {
  await protocol.send('HeapProfiler.collectGarbage');
  const { usedSize } = await protocol.send('Runtime.getHeapUsage');
  const { result } = await protocol.send('Runtime.evaluate', { expression: 'WebAssembly.Memory.prototype' });
  const { objects } = await protocol.send('Runtime.queryObjects', { prototypeObjectId: result.objectId });
  const total = await protocol.send('Runtime.callFunctionOn', {
    objectId: objects.objectId,
    functionDeclaration: 'function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }',
    returnByValue: true,
  });
  return (usedSize + total.result.value) / 1e6;
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

/** What is said of a graph that was opened and dragged. */
const pictures = (name, { seconds, halt, count, median, slow }) => [
  [`${name}, seconds from the click to the drawing`, seconds, 0.5],
  ['the same, seconds that the page halts at most', halt, 0.5],
  [`dragged, median of ${count} frames in ms`, median, 16.7],
  ['dragged, 95 % of frames within ms', slow],
];

const share = (numbers, part) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length * part)];
const shown = () => document.querySelector('main h1') !== null;
const drawn = () => document.querySelector('.graph-stage[aria-busy="false"] .graph-legend') !== null;

/** Opens a lineage from the overview, then drags it about: seconds and longest halt until it is drawn, frames in ms. */
async function lineage(browser, address, path) {
  const { page, context } = await load(browser, address, shown);
  await page.evaluate(() => {
    window.halts_ = [];
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => window.halts_.push(duration))).observe({ entryTypes: ['longtask'] });
  });
  const begun = performance.now();
  await page.evaluate((path) => {
    const link = document.querySelector('main').appendChild(document.createElement('a'));
    link.href = path;
    link.click();
  }, path);
  await page.waitForFunction(drawn, null, { timeout: 60_000, polling: 'raf' });
  const seconds = (performance.now() - begun) / 1000;
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
  const frames = await page.evaluate(() => window.frames_.slice(2));
  const halt = Math.max(0, ...(await page.evaluate(() => window.halts_)));
  await context.close();
  return { seconds, halt: halt / 1000, count: frames.length, median: share(frames, 0.5), slow: share(frames, 0.95) };
}

/** Types in the search box: milliseconds from each key press until its answers are laid out. */
async function search(browser, address) {
  const { page, context } = await load(browser, address, shown);
  await page.evaluate(() => {
    window.waits_ = [];
    const box = document.querySelector('.search');
    let pressed;
    window.addEventListener('input', () => (pressed = performance.now()), true);
    new MutationObserver(() => {
      if (pressed === undefined) return;
      box.querySelector('.search-drop')?.getBoundingClientRect();
      window.waits_.push(performance.now() - pressed);
      pressed = undefined;
    }).observe(box, { childList: true, subtree: true, characterData: true, attributes: true });
  });
  const field = page.getByRole('combobox', { name: 'Search' });
  const texts = page.waitForResponse(/search-texts/);
  await field.click();
  await (await texts).finished();
  // The first word also waits for the texts to be taken in; it is typed once before it counts.
  await field.pressSequentially('a', { delay: 40 });
  await page.locator('.search-drop').waitFor();
  await page.evaluate(() => (window.waits_ = []));
  for (const word of WORDS) {
    await field.fill('');
    await field.pressSequentially(word, { delay: 40 });
  }
  const waits = await page.evaluate(() => window.waits_);
  await context.close();
  return { count: waits.length, median: share(waits, 0.5), slow: share(waits, 0.95) };
}

/** Changes a model's text: milliseconds from the key press until the page says what comes of it. */
async function attempt(browser, address, model) {
  const { page, context } = await load(browser, `${address}/node/model.synth.${model}?tab=try`, () => /Nothing is different/.test(document.body?.innerText));
  await page.evaluate(() => {
    window.waits_ = [];
    let pressed;
    window.addEventListener('input', () => (pressed = performance.now()), true);
    new MutationObserver(() => {
      if (pressed === undefined || document.querySelector('.trial-outcome')?.ariaBusy === 'true') return;
      window.waits_.push(performance.now() - pressed);
      pressed = undefined;
    }).observe(document.querySelector('.trial-outcome'), { attributes: true, attributeFilter: ['aria-busy'] });
  });
  const field = page.locator('.editor textarea');
  for (let at = 0; at < 12; at += 1) {
    await field.focus();
    await page.keyboard.press('Control+Home');
    const before = await page.evaluate(() => window.waits_.length);
    await page.keyboard.type(' ');
    await page.waitForFunction((count) => window.waits_.length > count, before, { timeout: 20_000 });
  }
  const waits = await page.evaluate(() => window.waits_);
  await context.close();
  return { count: waits.length, median: share(waits, 0.5), slow: share(waits, 0.95) };
}

/** Column lineage of the whole project: seconds until it is there, and once more after one model's SQL changed. */
async function columns(start, target) {
  const folder = mkdtempSync(join(tmpdir(), 'refract-bench-'));
  try {
    cpSync(target, folder, { recursive: true });
    const address = await start([options.refract, 'docs', 'serve', '--port', '0', '--artifacts', folder]);
    const answer = async (part) => (await fetch(`${address}/api/v1/${part}`)).text();
    const timed = async () => {
      // What all parts need is read first.
      const index = await answer('index');
      const begun = performance.now();
      const lineage = await answer('column-lineage');
      return { index, lineage, seconds: (performance.now() - begun) / 1000 };
    };
    const cold = await timed();
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    const model = Object.values(manifest.nodes).find(({ resource_type: kind, compiled_code: code }) => kind === 'model' && /^select/im.test(code));
    model.compiled_code = model.compiled_code.replace(/^select/im, 'select 1 as added_by_the_benchmark,');
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    let again = await timed();
    while (!again.lineage.includes('added_by_the_benchmark')) again = await timed();
    return { cold: cold.seconds, again: again.seconds };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const table = (rows) => console.log(rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n'));
const count = Number(options.models).toLocaleString('en');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--js-flags=--expose-gc'] });
const running = [];
const start = async (command, cwd) => {
  running.push(await serve(command, cwd));
  return running.at(-1).address;
};
try {
  const address = await start([options.refract, 'docs', 'serve', '--port', '0', '--artifacts', join(options.project, 'target')]);
  const own = await least(browser, address, shown);
  const rows = [['`refract docs serve`', own]];
  if (options['dbt-v2']) {
    const port = 20_000 + (process.pid % 20_000);
    const at = await start([options['dbt-v2'], 'docs', 'serve', '--no-open', '--port', String(port), '--target-path', options['dbt-v2-target']], options.project);
    rows.push(['dbt v2, `docs serve`', await least(browser, at, () => /Browse [1-9][\d,]* models/.test(document.body?.innerText))]);
  }
  if (options.dbt) {
    const found = await least(browser, pathToFileURL(options.dbt).href, () => document.querySelectorAll('a[ui-sref], .model-row, ul.switches li').length > 0 || /Overview|Welcome/.test(document.body?.innerText));
    rows.push(['dbt 1.12, static page', { ...found, wire: statSync(options.dbt).size / 1e6 }]);
  }
  table([
    [`${count} models`, 'MB until the page shows the project', 'seconds', 'MB of heap, WebAssembly included'],
    ['---', '---', '---', '---'],
    ...rows.map(([name, { wire, seconds, heap }]) => [name, wire.toFixed(2), seconds.toFixed(2), heap.toFixed(0)]),
  ]);
  const graph = await lineage(browser, address, '/lineage');
  const whole = await lineage(browser, address, '/lineage?group=none');
  const wide = options.wide ? await start([options.refract, 'docs', 'serve', '--port', '0', '--artifacts', options.wide]) : address;
  const found = await search(browser, wide);
  const traced = await columns(start, join(options.project, 'target'));
  const small = Number(options.models) <= 5000;
  const model = basename(readdirSync(join(options.project, 'models/marts'), { recursive: true }).find((name) => name.endsWith('.sql')), '.sql');
  const project = await start([options.refract, 'serve', '--port', '0', '--project-dir', options.project, '--profiles-dir', options.project]);
  const tried = await attempt(browser, project, model);
  const limits = [
    ['MB until the page shows the project', own.wire, small ? 1.2 : undefined],
    ['MB of heap', own.heap, 150],
    ...pictures('lineage in folders', graph),
    ...pictures('every node by itself', whole),
    ['lineage of all columns, seconds until it is there', traced.cold, small ? 10 : undefined],
    ['the same after one model changed', traced.again, small ? 0.3 : undefined],
    [`search, median of ${found.count} key presses until the answers are there, in ms`, found.median],
    ['search, 95 % of key presses within ms', found.slow, 16],
    [`a text tried, median of ${tried.count} key presses until the verdict, 150 ms of rest included, in ms`, tried.median],
  ];
  console.log();
  table([
    [`Refract, ${count} models`, 'Measured', 'Allowed', ''],
    ['---', '---', '---', '---'],
    ...limits.map(([name, value, limit]) => {
      const shown = Number(value.toPrecision(3));
      return [name, shown, limit ?? '', limit === undefined ? '' : shown <= limit ? 'kept' : '**missed**'];
    }),
  ]);
} finally {
  running.forEach(({ stop }) => stop());
  await browser.close();
}
