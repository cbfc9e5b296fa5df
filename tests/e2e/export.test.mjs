// The catalog as files: one page opened from the disk, and a folder behind a plain web server.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { buildProject, host, openBrowser, openPage } from './harness.mjs';

let built, server, chrome, file, site;

before(async () => {
  built = buildProject();
  picture();
  site = join(built.folder, 'site');
  built.run('docs', 'generate', '--static', '--site', site, '--state', built.before);
  file = pathToFileURL(join(built.project, 'target/static_index.html')).href;
  server = await host(site);
  chrome = await openBrowser();
});

after(async () => {
  await chrome?.close();
  await server?.stop();
  built?.remove();
});

/** Puts images into the project, and shows them in descriptions. */
function picture() {
  const file = (name) => join(built.project, 'assets', name);
  const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  writeFileSync(file('a dot.png'), Buffer.from(dot, 'base64'));
  writeFileSync(file('unseen.png'), Buffer.from(dot, 'base64'));
  writeFileSync(file('large.svg'), `<svg xmlns="http://www.w3.org/2000/svg"><!--${'x'.repeat(5 << 20)}--></svg>`);
  writeFileSync(file('of-meta.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  const properties = join(built.project, 'models/staging/schema.yml');
  const text = readFileSync(properties, 'utf8');
  const shown = "Pictures: ![a dot](./assets/a%20dot.png) ![too large](assets/large.svg) ";
  const changed = text.replace(/- name: stg_orders\n {4}description: *(>|\|)?-?\n? *"?/, (start) => `${start}${shown}`)
    .replace(/- name: stg_orders\n/, "- name: stg_orders\n    config:\n      meta: {picture: '![of meta](assets/of-meta.svg)'}\n");
  writeFileSync(properties, changed);
}

/** Walks the same way through the file and through the folder. `address` is without what stands after `#`. */
function journey(name, walk) {
  for (const form of ['file', 'folder']) {
    test(`${form}: ${name}`, async () => {
      const address = form === 'file' ? file : server.url;
      const { page, trouble, close } = await openPage(chrome, address);
      page.setDefaultTimeout(20_000);
      try {
        await walk(page, address, form);
        assert.deepEqual(trouble, []);
      } finally {
        await close();
      }
    });
  }
}

const heading = (page, name) => page.getByRole('heading', { level: 1, name });

journey('search, open a model, go back', async (page, address) => {
  await page.goto(address);
  await heading(page, 'ecomm_dbt').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('fct_user_f');
  await page.getByRole('option').filter({ hasText: 'fct_user_features' }).first().click();
  await heading(page, 'fct_user_features').waitFor();
  assert.equal(page.url(), `${address}#/node/model.ecomm_dbt.fct_user_features`);
  await page.getByText('One row for each customer').first().waitFor();
  await page.goBack();
  await heading(page, 'ecomm_dbt').waitFor();
});

journey('an address leads to its view, in another tab too', async (page, address) => {
  await page.goto(`${address}#/node/model.ecomm_dbt.fct_user_features?tab=code`);
  await page.getByText('is_incremental').first().waitFor();
  const link = page.getByRole('navigation').getByRole('link', { name: 'Lineage' }).first();
  await link.hover();
  assert.equal(await link.getAttribute('href'), '#/lineage');
  await link.click();
  await page.getByText('nodes').first().waitFor();
  assert.match(page.url(), /#\/lineage$/);
  // A place on the page is no other view, also when the page is loaded with it.
  await page.evaluate(() => document.querySelector('a.skip').click());
  assert.match(page.url(), /#main$/);
  await page.getByText(/\d+ nodes, \d+ edges/).first().waitFor();
  await page.reload();
  await heading(page, 'ecomm_dbt').waitFor();
});

journey('contracts and past runs are there, new runs cannot be started', async (page, address) => {
  await page.goto(`${address}#/contracts`);
  await page.getByRole('link', { name: /fct_user_features/ }).first().click();
  await heading(page, /fct_user_features/).waitFor();
  const started = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download ODCS' }).click();
  assert.match(readFileSync(await (await started).path(), 'utf8'), /^apiVersion: v3\.\d+\.\d+\nkind: DataContract\n/);
  await page.goto(`${address}#/runs`);
  await page.getByText('This catalog was exported on').first().waitFor();
  await page.getByRole('link', { name: 'build' }).first().click();
  await page.getByRole('row').filter({ hasText: 'fct_user_features' }).first().waitFor();
  await page.goto(`${address}#/node/model.ecomm_dbt.fct_user_features?tab=runs`);
  await page.getByRole('link', { name: 'build' }).first().waitFor();
});

journey('what changed is there', async (page, address) => {
  await page.goto(`${address}#/changes`);
  await page.getByRole('row').filter({ hasText: 'dim_customer_360' }).filter({ hasText: 'added' }).first().waitFor();
  await page.getByRole('row').filter({ hasText: 'stg_orders' }).filter({ hasText: 'body' }).first().waitFor();
});

journey('a text can be tried without a server', async (page, address) => {
  await page.goto(`${address}#/node/model.ecomm_dbt.stg_orders?tab=try`);
  const field = page.getByRole('textbox', { name: 'SQL of stg_orders' });
  await page.getByText('Nothing is different').waitFor();
  await field.fill("select order_id, 1 as extra from {{ source('raw', 'orders') }}");
  await page.getByRole('row').filter({ hasText: 'extra' }).filter({ hasText: 'new' }).first().waitFor();
  await page.getByText('compiles', { exact: true }).waitFor();
});

journey('words of SQL are searched', async (page, address) => {
  await page.goto(`${address}#/search?q=row_number&folder=models%2Fstaging`);
  await page.locator('ol .search-hit').filter({ hasText: 'stg_orders' }).filter({ hasText: 'its SQL' }).waitFor();
});

journey('what the project says of itself is there, with pictures inside of the page or beside it', async (page, address, form) => {
  await page.goto(address);
  const about = page.getByRole('region', { name: 'About this project' });
  await about.getByRole('heading', { name: "The shop's features" }).waitFor();
  await about.getByRole('button', { name: 'Read on' }).click();
  const loaded = (name) => page.waitForFunction((alt) => [...document.images].find((image) => image.alt.startsWith(alt))?.naturalWidth > 0, name);
  await loaded('From the raw tables');
  // Drawings are documents: they stand in the page in both forms.
  assert.match(await about.getByRole('img').getAttribute('src'), /^data:image\/svg\+xml;base64,/);
  await page.goto('about:blank');
  await page.goto(`${address}#/node/model.ecomm_dbt.stg_orders`);
  await loaded('a dot');
  const source = await page.getByRole('img', { name: 'a dot' }).getAttribute('src');
  assert.match(source, form === 'file' ? /^data:image\/png;base64,/ : /^images\/assets\/a%20dot\.png$/);
  await page.getByText('too large (image not here)').waitFor();
});

test('images that no description shows do not leave, nor do those of redacted texts', () => {
  const folder = join(built.folder, 'pictures');
  built.run('docs', 'generate', '--site', folder);
  assert.deepEqual(readdirSync(join(folder, 'images/assets')), ['a dot.png']);
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  assert.match(page, /data-part="image:assets\/way\.svg"/);
  assert.match(page, /data-part="image:assets\/of-meta\.svg"/);
  built.run('docs', 'generate', '--site', folder, '--redact', 'meta');
  assert.doesNotMatch(readFileSync(join(folder, 'index.html'), 'utf8'), /of-meta/);
});

test('the page asks nobody for anything, and its policy forbids it', () => {
  const page = readFileSync(new URL(file), 'utf8');
  assert.match(page, /default-src 'none'; script-src 'sha256-[^']+' 'sha256-[^']+' 'wasm-unsafe-eval'/);
  assert.doesNotMatch(page, /(src|href)="https?:/);
});

test('what is redacted does not leave', () => {
  const folder = join(built.folder, 'redacted');
  const read = () =>
    readdirSync(join(folder, 'data')).map((name) => gunzipSync(readFileSync(join(folder, 'data', name))).toString()).join('\n');
  const words = { sql: 'is_incremental', meta: 'models know of a customer', owners: 'ml-platform', paths: 'models/marts/ml' };
  built.run('docs', 'generate', '--site', folder);
  const whole = read();
  for (const [part, word] of Object.entries(words)) {
    assert.ok(whole.includes(word), `${part}: ${word} is there to begin with`);
    built.run('docs', 'generate', '--site', folder, '--redact', part);
    assert.ok(!read().includes(word), `${part}: ${word}`);
    assert.equal(read().includes('row_number'), part !== 'sql', `the words of SQL with ${part} redacted`);
    // Property files and macros hold all that can be redacted.
    assert.ok(!readdirSync(join(folder, 'data')).includes('workbench.bin'), part);
  }
  built.run('docs', 'generate', '--site', folder, '--redact', 'owners');
  assert.doesNotMatch(read(), /[a-z]+@[a-z.]+\.example/);
});
