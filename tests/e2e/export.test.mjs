// The catalog as files: one page opened from the disk, and a folder behind a plain web server.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { buildProject, host, openBrowser, openPage } from './harness.mjs';

let built, server, chrome, file, site;

before(async () => {
  built = buildProject();
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
    // Property files and macros hold all that can be redacted.
    assert.ok(!readdirSync(join(folder, 'data')).includes('workbench.bin'), part);
  }
  built.run('docs', 'generate', '--site', folder, '--redact', 'owners');
  assert.doesNotMatch(read(), /[a-z]+@[a-z.]+\.example/);
});
