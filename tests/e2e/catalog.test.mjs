// What people do in the catalog, done in a real browser against the real binary over the example shop.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { buildProject, openBrowser, openPage, serve } from './harness.mjs';

const FEATURES = 'model.ecomm_dbt.fct_user_features';
let project, server, chrome;

before(async () => {
  project = buildProject();
  server = await serve(project);
  chrome = await openBrowser();
});

after(async () => {
  await chrome?.close();
  await server?.stop();
  project?.remove();
});

/** Runs a journey in a page of its own, and fails it for anything that a person would not see. */
function journey(name, walk, options) {
  test(name, async () => {
    const { page, trouble, close } = await openPage(chrome, server.url, options);
    page.setDefaultTimeout(20_000);
    try {
      await walk(page);
      assert.deepEqual(trouble, []);
    } finally {
      await close();
    }
  });
}

const open = (page, path = '/') => page.goto(server.url + path);
const heading = (page, name) => page.getByRole('heading', { level: 1, name });

journey('open the catalog and find a model by searching', async (page) => {
  await open(page);
  await page.getByText('ecomm_dbt').first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('fct_user_f');
  const hit = page.getByRole('option').filter({ hasText: 'fct_user_features' }).first();
  await hit.waitFor();
  await hit.click();
  await heading(page, 'fct_user_features').waitFor();
  assert.match(page.url(), /\/node\/model\.ecomm_dbt\.fct_user_features$/);
});

journey('read a model: description, columns with types and tests, SQL', async (page) => {
  await open(page, `/node/${FEATURES}`);
  await page.getByText('One row for each customer').first().waitFor();
  const row = page.getByRole('row').filter({ hasText: 'orders_30d' }).first();
  await row.waitFor();
  assert.match(await row.innerText(), /BIGINT/i);
  await page.goto(`${server.url}/node/${FEATURES}?tab=code`);
  await page.getByText('is_incremental').first().waitFor();
});

journey('follow lineage from a model to its parents and open one', async (page) => {
  await open(page, `/lineage?focus=${FEATURES}&up=all&down=all`);
  await page.locator('canvas').first().waitFor();
  await page.getByRole('button', { name: 'List of the nodes' }).click();
  const list = page.getByRole('region', { name: 'Nodes of the graph' });
  await list.getByText('stg_orders').first().waitFor();
  await list.getByRole('link', { name: /^Open (.*\.)?stg_orders$/ }).click();
  await heading(page, 'stg_orders').waitFor();
});

journey('filter the lineage by a selector, be told what is wrong with one, and reload the link', async (page) => {
  await open(page, '/lineage');
  const box = page.getByRole('combobox', { name: 'Selector' });
  await box.fill('nothing:x');
  await page.getByRole('alert').filter({ hasText: 'nothing' }).waitFor();
  await box.fill('+fct_user_features,resource_type:model');
  await page.waitForURL(/select=/);
  const count = page.locator('.graph-count');
  await page.waitForFunction(() => /^\d+ nodes?, /.test(document.querySelector('.graph-count')?.textContent ?? ''));
  const before = await count.innerText();
  await page.reload();
  await page.waitForFunction((text) => document.querySelector('.graph-count')?.textContent === text, before);
  assert.equal(await box.inputValue(), '+fct_user_features,resource_type:model');
});

journey('follow a column to where it comes from, through the graph, and copy what changes with it', async (page) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, `/node/${FEATURES}`);
  await page.locator('#column-orders_30d').getByRole('link', { name: /stg_orders\.created_at_utc/ }).click();
  await heading(page, 'stg_orders').waitFor();
  const source = page.locator('#column-created_at_utc');
  await source.getByRole('link', { name: /raw\.orders\.created_at/ }).waitFor();
  await source.getByText('through an expression').first().waitFor();
  await source.getByRole('link', { name: 'Way in the graph' }).click();
  await page.waitForURL(/tab=lineage&column=created_at_utc/);
  await page.getByText('The way of column').waitFor();
  await page.getByRole('button', { name: 'List of the nodes' }).click();
  const list = page.getByRole('region', { name: 'Nodes of the graph' });
  await list.getByText(/^fct_user_features\..*orders_30d/).waitFor();
  await page.getByRole('tab', { name: 'Impact' }).click();
  await page.getByLabel('If this changes').selectOption('created_at_utc');
  await page.waitForURL(/tab=impact&column=created_at_utc/);
  const impact = page.locator('.impact');
  await impact.getByRole('link', { name: /fct_user_features/ }).waitFor();
  await impact.getByRole('button', { name: 'Copy as Markdown' }).click();
  await page.getByText('Markdown copied').waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^### Impact of `stg_orders\.created_at_utc`/);
  assert.match(text, /\| `fct_user_features` \| model \| .*orders_30d \(transform\).*\| kept \|/);
});

journey('start a run, watch it end, and find it in the history', async (page) => {
  await open(page);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Build', exact: true }).click();
  await dialog.getByLabel('Select').fill('stg_orders');
  await dialog.getByRole('button', { name: 'Start' }).click();
  await page.waitForURL(/\/runs\/[0-9a-f-]+$/);
  await page.locator('.run-state').getByText('success', { exact: false }).waitFor();
  const node = page.getByRole('row').filter({ hasText: 'stg_orders' }).first();
  await node.waitFor();
  const address = page.url();
  await page.goto(`${server.url}/runs`);
  await page.getByText('stg_orders').first().waitFor();
  await page.goto(address);
  await page.locator('.run-state').getByText('success', { exact: false }).waitFor();
  // The model tells its runs, this one before that of the command line.
  await page.goto(`${server.url}/node/model.ecomm_dbt.stg_orders?tab=runs`);
  const past = page.locator('.past-runs tbody tr');
  await past.nth(1).waitFor();
  assert.match(await past.nth(0).innerText(), /from the page[\s\S]*success/);
  assert.match(await past.nth(1).innerText(), /command line[\s\S]*success/);
  await past.nth(0).getByRole('link').click();
  await page.waitForURL(address);
});

journey('read a contract and download it', async (page) => {
  await open(page, '/contracts');
  await page.getByRole('link', { name: /fct_user_features/ }).first().click();
  await heading(page, 'fct_user_features').waitFor();
  await page.getByText('one row for each customer_id').first().waitFor();
  const started = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download ODCS' }).click();
  const download = await started;
  assert.equal(download.suggestedFilename(), 'fct_user_features.odcs.yaml');
  const text = readFileSync(await download.path(), 'utf8');
  assert.match(text, /^apiVersion: v3\.\d+\.\d+\nkind: DataContract\n/);
});

journey('see which sources are fresh and which columns are tested', async (page) => {
  await open(page, '/sources');
  await page.getByText('orders').first().waitFor();
  await open(page, '/coverage');
  await page.getByText('fct_user_features').first().waitFor();
});

journey('use it on a phone', async (page) => {
  await open(page, `/node/${FEATURES}`);
  await heading(page, 'fct_user_features').waitFor();
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wider <= 0, `the page is ${wider} pixels wider than the screen`);
  await page.getByRole('button', { name: 'Open the navigation' }).click();
  await page.getByRole('link', { name: /Lineage/ }).first().click();
  await page.locator('canvas').first().waitFor();
}, { viewport: { width: 390, height: 844 } });

journey('see which column is proven by which test, and which by none', async (page) => {
  await open(page, '/coverage');
  await page.getByRole('tab', { name: 'Columns by tests' }).click();
  const row = page.getByRole('row').filter({ hasText: 'customer_id' });
  await row.first().waitFor();
  await page.getByRole('link', { name: 'stg_orders.customer_id' }).first().waitFor();
  await page.getByRole('link', { name: 'Without proof' }).click();
  await page.waitForURL(/only=untested/);
  await page.getByRole('searchbox', { name: /owner or column/ }).fill('data engineering');
  await page.getByText('total_revenue_usd').waitFor();
  assert.equal(await page.getByText(/^proven by/).count(), 0);
});

journey('see which rows belong to which, around one model', async (page) => {
  await open(page, `/node/${FEATURES}`);
  await page.getByRole('link', { name: 'Which rows belong to which' }).click();
  await heading(page, 'Keys').waitFor();
  await page.getByRole('cell', { name: 'fct_user_features.customer_id → stg_customers.customer_id' }).waitFor();
  await page.getByRole('link', { name: 'Show all' }).click();
  await page.getByRole('searchbox', { name: /name or folder/ }).fill('stg_orders');
  await page.getByRole('region', { name: 'Diagram of the keys' }).getByRole('link', { name: 'stg_orders' }).click();
  await heading(page, 'stg_orders').waitFor();
});

journey('a page that is there before the index is completed by it', async (page) => {
  let release;
  const drawn = new Promise((resolve) => { release = resolve; });
  await page.route('**/api/v1/index', async (route) => {
    await drawn;
    await route.continue();
  });
  await open(page, `/node/${FEATURES}`);
  await heading(page, 'fct_user_features').waitFor();
  release();
  await page.getByRole('link', { name: 'Which rows belong to which' }).waitFor();
});

journey('complete a selector with the keyboard', async (page) => {
  await open(page, '/lineage');
  const field = page.getByRole('combobox', { name: /selector/i });
  await field.fill('+config');
  await page.getByRole('option', { name: /config.materialized:/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('option', { name: /incremental/ }).waitFor();
  await page.keyboard.type('incr');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.equal(await field.inputValue(), '+config.materialized:incremental');
  await page.waitForURL(/select=%2Bconfig.materialized%3Aincremental/);
  await page.keyboard.press('Escape');
  await page.getByRole('listbox', { name: 'What can stand here' }).waitFor({ state: 'detached' });
});

journey('put the lineage together by folder, close a group, open it again, and share the link', async (page) => {
  await open(page, '/lineage');
  await page.getByRole('combobox', { name: 'Put together' }).selectOption('By folder');
  await page.waitForURL(/group=folder/);
  await page.getByRole('button', { name: 'List of the nodes' }).click();
  await page.getByRole('button', { name: /^Close the group marts/ }).click();
  await page.waitForURL(/turned=models%252Fmarts/);
  const closed = page.getByRole('button', { name: /^Open the group marts/ });
  await closed.waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'List of the nodes' }).click();
  await closed.click();
  await page.getByRole('button', { name: /^Close the group marts/ }).waitFor();
  assert.doesNotMatch(page.url(), /turned/);
});

journey('save the lineage as SVG and as PNG', async (page) => {
  await open(page, `/lineage?select=%2Bfct_user_features`);
  await page.getByText(/\d+ nodes, \d+ edges/).waitFor();
  const save = async (kind) => {
    const saved = page.waitForEvent('download');
    await page.getByLabel('Save the picture').click();
    await page.getByRole('button', { name: `As ${kind}` }).click();
    const file = await saved;
    assert.equal(file.suggestedFilename(), `lineage.${kind.toLowerCase()}`);
    return readFileSync(await file.path());
  };
  const svg = (await save('SVG')).toString();
  const nodes = Number((await page.getByText(/\d+ nodes, \d+ edges/).innerText()).split(' ')[0]);
  assert.equal(svg.match(/<title>/g).length, nodes);
  assert.ok(svg.includes('model.ecomm_dbt.fct_user_features'));
  assert.doesNotMatch(svg, /fill=""|stroke=""/);
  const png = await save('PNG');
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  assert.ok(png.readUInt32BE(16) > 1000, 'sharp enough to print');
});

journey('see what changed since other artifacts, and follow it into the lineage', async (page) => {
  await open(page);
  await page.getByRole('navigation').getByRole('link', { name: 'Changes' }).click();
  await heading(page, 'Changes').waitFor();
  const row = page.getByRole('row').filter({ hasText: 'stg_orders' }).first();
  await row.waitFor();
  assert.match(await row.innerText(), /modified/);
  assert.match(await row.innerText(), /- promo/);
  await page.getByRole('row').filter({ hasText: 'churn_model' }).first().waitFor();
  await page.getByRole('link', { name: 'In the lineage' }).click();
  await page.getByText(/\d+ nodes, \d+ edges/).waitFor();
  assert.match(decodeURIComponent(page.url()), /select=state:modified\+ state:new\+/);
  await page.getByRole('combobox', { name: /selector/i }).fill('state:new');
  await page.getByText('1 node, 0 edges').waitFor();
});

journey('try another text: SQL, columns and mistakes as one types, and nothing of it is saved', async (page) => {
  await open(page, `/node/${FEATURES}?tab=try`);
  const field = page.getByRole('textbox', { name: 'SQL of fct_user_features' });
  const verdict = page.locator('.trial-verdict');
  await page.getByText('Nothing is different').waitFor();
  const before = await field.inputValue();
  // A column more, and a model more that is read.
  await field.fill(before.replace(/\nselect\n(?![\s\S]*\nselect\n)/, "\nselect\n    (select count(*) from {{ ref('stg_products') }}) as products,\n"));
  await page.getByText('1 column new; reads 1 more').waitFor();
  await page.getByRole('row').filter({ hasText: 'products' }).filter({ hasText: 'new' }).first().waitFor();
  await page.getByRole('listitem').filter({ hasText: 'stg_products' }).filter({ hasText: 'new' }).first().waitFor();
  assert.match(await page.locator('.trial-outcome .code-block').innerText(), /as products/);
  // A mistake has a place to go to.
  await field.fill(`${before}\n{{ nothing_like_it() }}`);
  await page.getByText('does not compile').waitFor();
  const line = before.split('\n').length + 1;
  await page.getByRole('button', { name: `Line ${line}` }).click();
  const caret = await field.evaluate((field) => field.value.slice(0, field.selectionStart).split('\n').length);
  assert.equal(caret, line);
  // A name that is nearly there is offered while it is typed, and told when it is wrong.
  await field.fill(`${before}\n-- {{ ref('stg_prod`);
  await page.getByRole('option', { name: /stg_products/ }).waitFor();
  await field.press('Enter');
  assert.match(await field.inputValue(), /-- \{\{ ref\('stg_products'$/);
  await field.fill(`${before}\n-- {{ ref('stg_prodcuts') }}`);
  await page.getByText("did you mean 'stg_products'?").waitFor();
  // As if the table were there.
  await field.fill(before);
  await verdict.getByText('compiles', { exact: true }).waitFor();
  await page.getByRole('checkbox', { name: /is_incremental/ }).check();
  await page.getByText('The same columns from other SQL').waitFor();
  // The draft is there after a look at another page, and gone when one starts over.
  await field.fill(`${before}\n-- a thought`);
  await page.getByRole('tab', { name: 'SQL', exact: true }).click();
  await page.getByRole('tab', { name: 'Try it' }).click();
  assert.match(await field.inputValue(), /-- a thought$/);
  await page.getByRole('button', { name: 'Start over' }).click();
  assert.equal(await field.inputValue(), before);
});

journey('try a text without a column: what is downstream of it is told', async (page) => {
  await open(page, '/node/model.ecomm_dbt.stg_customers?tab=try');
  const field = page.getByRole('textbox', { name: 'SQL of stg_customers' });
  await page.getByText('Nothing is different').waitFor();
  await field.fill("select 1 as customer_id");
  await page.getByRole('heading', { name: 'Downstream of what is gone' }).waitFor();
  await page.getByRole('link', { name: /^Impact of / }).first().waitFor();
});

journey('leave a text while it is compiled, and stop one that never ends', async (page) => {
  await open(page, `/node/${FEATURES}?tab=try`);
  const field = page.getByRole('textbox', { name: 'SQL of fct_user_features' });
  await page.getByText('Nothing is different').waitFor();
  await field.fill('{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}select 1 as a');
  await page.locator('.trial-outcome[aria-busy="true"]').waitFor();
  await page.getByRole('tab', { name: 'SQL', exact: true }).click();
  await page.getByText('is_incremental').first().waitFor();
  await page.getByRole('tab', { name: 'Try it' }).click();
  await page.getByText('compiling takes too long and was stopped').waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Start over' }).click();
  await page.getByText('Nothing is different').waitFor();
});

journey('read what the project says of itself, with its picture', async (page) => {
  await open(page);
  const about = page.getByRole('region', { name: 'About this project' });
  await about.getByRole('heading', { name: "The shop's features" }).waitFor();
  const picture = about.getByRole('img', { name: /^From the raw tables/ });
  assert.equal(await picture.getAttribute('src'), '/api/v1/images/assets/way.svg');
  await about.getByRole('button', { name: 'Read on' }).click();
  await picture.scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelector('.overview-text img')?.naturalWidth > 0);
  const wider = await about.evaluate((card) => card.querySelector('img').getBoundingClientRect().right - card.getBoundingClientRect().right);
  assert.ok(wider <= 0, 'no wider than what it stands in');
  await about.getByRole('button', { name: 'Show less' }).click();
  // dbt's own text is no overview, and a block has a page of its own.
  await open(page, '/node/doc.ecomm_dbt.__overview__');
  await page.getByRole('img', { name: /^From the raw tables/ }).waitFor();
});

journey('search words of SQL, and narrow the answers by what they have in common', async (page) => {
  await open(page, '/search?q=row_number');
  const facet = (name) => page.locator('.search-facet').filter({ has: page.getByText(name, { exact: true }) }).locator('select');
  const answers = page.locator('ol .search-hit');
  await answers.filter({ hasText: 'stg_orders' }).filter({ hasText: 'its SQL' }).waitFor();
  // What has a word in its name comes before what has it in its SQL only.
  await page.getByRole('searchbox', { name: 'Search', exact: true }).last().fill('stg_orders');
  await answers.filter({ hasText: 'its SQL' }).first().waitFor();
  assert.match(await answers.first().innerText(), /stg_orders/);
  assert.doesNotMatch(await answers.first().innerText(), /its SQL/);
  assert.match(await facet('Owner').innerText(), /ML Platform \(\d+\)/);
  await facet('Folder').selectOption('models/marts');
  await page.waitForURL(/folder=models%2Fmarts/);
  await facet('Tag').selectOption('ml');
  await page.waitForURL(/q=stg_orders.*folder=models%2Fmarts&tag=ml/);
  const places = await answers.locator('.search-hit-where').allInnerTexts();
  assert.ok(places.length > 0 && places.every((place) => place.endsWith('models/marts/ml')), places.join());
  const count = await page.locator('.search-count').innerText();
  await page.reload();
  await page.waitForFunction((text) => document.querySelector('.search-count')?.textContent === text, count);
  assert.equal(await facet('Folder').inputValue(), 'models/marts');
  await page.getByRole('link', { name: 'Show all' }).click();
  await page.waitForURL(/\/search\?q=stg_orders$/);
});
