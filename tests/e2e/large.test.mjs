// A graph too large to let the page wait for: it is laid out by a worker, served and in one file from the disk.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openBrowser, openPage, run, serveArtifacts } from './harness.mjs';

const MODELS = 1500;

let folder, server, chrome;

/** Models of which each reads two others, in a folder for each hundred. */
function manifest() {
  const id = (at) => `model.shop.m${at}`;
  const model = (at) => ({
    unique_id: id(at), name: `m${at}`, alias: `m${at}`, resource_type: 'model', package_name: 'shop', schema: 'main',
    path: `f${Math.floor(at / 100)}/m${at}.sql`, original_file_path: `models/f${Math.floor(at / 100)}/m${at}.sql`,
    fqn: ['shop', `f${Math.floor(at / 100)}`, `m${at}`], raw_code: 'select 1', columns: {}, config: {}, tags: [],
    depends_on: { nodes: [at - 40, at - 37].filter((other) => other >= 0).map(id), macros: [] },
  });
  return {
    metadata: { dbt_schema_version: 'https://schemas.getdbt.com/dbt/manifest/v12.json', project_name: 'shop' },
    nodes: Object.fromEntries(Array.from({ length: MODELS }, (_, at) => [id(at), model(at)])),
    sources: {}, macros: {}, exposures: {}, docs: {}, metrics: {},
  };
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'refract-large-'));
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest()));
  run('docs', 'generate', '--static', '--artifacts', folder);
  server = await serveArtifacts(folder);
  chrome = await openBrowser();
});

after(async () => {
  await chrome?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the whole graph; `prepare` works on the page before. */
async function whole(address, path, walk, prepare = async () => {}) {
  const { page, trouble, close } = await openPage(chrome, address);
  page.setDefaultTimeout(20_000);
  const workers = [];
  page.on('worker', (worker) => workers.push(worker.url()));
  try {
    await prepare(page);
    await page.goto(address + path);
    await page.locator('.graph-stage[aria-busy="false"] .graph-legend').waitFor();
    await page.getByRole('button', { name: 'List of the nodes' }).click();
    await walk(page, workers);
    assert.deepEqual(trouble, []);
  } finally {
    await close();
  }
}

/** Asks again until the answer is the one expected. */
async function becomes(ask, expected) {
  const end = Date.now() + 10_000;
  let found = await ask();
  while (found !== expected && Date.now() < end) found = await ask();
  assert.equal(found, expected);
}

const listed = (page) => page.getByRole('region', { name: 'Nodes of the graph' });

test('served: a worker lays the whole graph out, and again when groups are made', async () => {
  await whole(server.url, '/lineage?group=none', async (page, workers) => {
    await listed(page).getByText('and 1\u2009200 more nodes').waitFor();
    assert.deepEqual(workers.map((url) => new URL(url).pathname), ['/worker.js']);
    await page.getByTitle('What is put together into one box').selectOption('folder');
    await listed(page).getByText(/f3 · 100/).waitFor();
    assert.equal(workers.length, 1);
  });
});

test('one file: a worker lays the whole graph out', async () => {
  const file = pathToFileURL(join(folder, 'static_index.html')).href;
  await whole(file, '#/lineage?group=none', async (page, workers) => {
    await listed(page).getByText('m0', { exact: true }).waitFor();
    assert.equal(workers.length, 1);
    assert.match(workers[0], /^blob:/);
  });
});

test('a browser without workers lays it out in the page', async () => {
  const without = (page) => page.addInitScript(() => delete window.Worker);
  await whole(server.url, '/lineage?group=none', async (page, workers) => {
    await listed(page).getByText('m0', { exact: true }).waitFor();
    assert.deepEqual(workers, []);
  }, without);
});

test('a picture that was moved and put back is whole again', async () => {
  const ink = () => {
    const canvas = document.querySelector('canvas.graph-canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((sum, value, at) => (sum * 31 + value * ((at % 7) + 1)) | 0, 0);
  };
  await whole(server.url, '/lineage?group=none', async (page) => {
    await page.getByRole('button', { name: 'List of the nodes' }).click();
    await page.mouse.move(700, 500);
    await page.mouse.down();
    const before = await page.evaluate(ink);
    await page.mouse.move(760, 540);
    assert.notEqual(await page.evaluate(ink), before);
    await page.mouse.move(700, 500);
    await becomes(() => page.evaluate(ink), before);
    await page.mouse.up();
  });
});
