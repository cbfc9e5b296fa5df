// Pages of every kind of resource, and what belongs together on them: versions, written and compiled SQL, groups.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildKinds, openBrowser, openPage, serveArtifacts } from './harness.mjs';

let built, server, chrome;

before(async () => {
  built = buildKinds();
  server = await serveArtifacts(built.target);
  chrome = await openBrowser();
});

after(async () => {
  await chrome?.close();
  await server?.stop();
  built?.remove();
});

/** Opens a page of the catalog; nothing may go wrong on it. */
async function at(path, walk) {
  const { page, trouble, close } = await openPage(chrome, server.url);
  page.setDefaultTimeout(15_000);
  try {
    await page.goto(server.url + path);
    await page.locator('main h1').first().waitFor();
    await walk(page);
    assert.deepEqual(trouble, []);
  } finally {
    await close();
  }
}

/** The table below a title, as lines of cells. */
const table = async (page, title) => {
  const section = page.locator('.detail-tables section', { has: page.getByRole('heading', { name: title, exact: true }) });
  await section.waitFor();
  return section.locator('tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim()).join(' | ')));
};

test('a compiled line shows the lines that it comes from, and a line what it became', async () => {
  await at('/node/model.kinds.fct_payments.v2?tab=code', async (page) => {
    const [written, compiled] = [page.locator('.code-block').nth(0), page.locator('.code-block').nth(1)];
    const line = (text) => compiled.locator('.code-text').evaluate((code, text) => code.textContent.split('\n').findIndex((line) => line.includes(text)), text);
    const voucher = await line('voucher_amount');
    await compiled.locator('.code-text').focus();
    for (let step = 0; step <= voucher; step += 1) await page.keyboard.press('ArrowDown');
    const told = page.locator('.code-told');
    assert.equal(await told.innerText(), `Compiled line ${voucher + 1} comes from line 6 as written.`);
    assert.equal(await written.locator('.code-mark').count(), 1);
    // Pointed at, the loop's line lights up both lines that it became.
    const box = await written.locator('.code-text').boundingBox();
    await page.mouse.move(box.x + 60, box.y + 12 + 5.5 * ((box.height - 24) / 11));
    assert.match(await told.innerText(), /^Line 6 as written becomes compiled lines \d+, \d+\.$/);
    assert.equal(await compiled.locator('.code-mark').count(), 2);
  });
});

test('one version leads to the others', async () => {
  await at('/node/model.kinds.fct_payments.v2', async (page) => {
    const versions = page.getByRole('navigation', { name: 'Versions' });
    assert.deepEqual(await versions.getByRole('link').allInnerTexts(), ['v1', 'v2\nlatest']);
    await versions.getByRole('link', { name: 'v1' }).click();
    await page.waitForURL(/fct_payments\.v1$/);
  });
});

test('a unit test shows its rows and how it went, and its model lists it', async () => {
  await at('/node/model.kinds.fct_payments.v2?tab=tests', async (page) => {
    const unit = page.locator('.tests-unit');
    assert.match(await unit.innerText(), /pass/);
    await unit.getByRole('link').click();
    assert.deepEqual(await table(page, "Given ref('stg_payments')"), [
      'order_id | amount | method | paid_on', '1 | 12.5 | card | 2026-01-03', '1 | 7.5 | voucher | –',
    ]);
    assert.deepEqual(await table(page, 'Expected'), ['order_id | card_amount | voucher_amount | amount', '1 | 12.5 | 7.5 | 20']);
    await page.locator('.page-title').getByText('pass').waitFor();
  });
});

test('the semantic layer has pages', async () => {
  await at('/node/semantic_model.kinds.payments', async (page) => {
    assert.deepEqual(await table(page, 'Entities'), ['Name | Type | Expression', 'order | primary | order_id']);
    assert.deepEqual(await table(page, 'Dimensions'), ['Name | Type | Grain', 'paid_on | time | day']);
    assert.equal((await table(page, 'Measures')).length, 3);
    await page.locator('.node-aside').getByRole('link', { name: 'revenue' }).click();
    const definition = await table(page, 'Definition');
    assert.ok(definition.includes('label | Revenue') && definition.includes('measure | revenue'), definition.join('\n'));
  });
  await at('/node/saved_query.kinds.revenue_by_day', async (page) => {
    assert.ok((await table(page, 'Query')).includes('metrics | revenue'));
    assert.deepEqual(await table(page, 'Exports'), ['Name | As | Schema | Alias', 'revenue_by_day | table | main | revenue_by_day']);
  });
});

test('what a macro and a function take stands above their SQL', async () => {
  await at('/node/macro.kinds.cents_to_euros', async (page) => {
    assert.deepEqual(await table(page, 'Arguments'), [
      'Name | Type | Description', 'column | string | Column with the amount.', 'places | integer | Digits after the point.',
    ]);
  });
  await at('/node/function.kinds.is_large', async (page) => {
    assert.deepEqual(await table(page, 'Arguments'), ['Name | Type | Description', 'amount | double | In euros.']);
    assert.deepEqual(await table(page, 'Returns'), ['Type', 'boolean']);
  });
});

test('a group is found, says who answers for it, and leads to its members', async () => {
  await at('/', async (page) => {
    await page.keyboard.press('/');
    await page.keyboard.type('finance');
    await page.locator('.search-drop').getByText('finance', { exact: true }).first().click();
    await page.waitForURL(/group\.kinds\.finance$/);
    await page.locator('.node-aside').getByText('finance@example.org').waitFor();
    const members = page.locator('main table tbody tr');
    assert.deepEqual(await members.locator('td:first-child').allInnerTexts(), ['model\nstg_payments', 'model\nfct_payments.v1', 'model\nfct_payments.v2', 'metric\nrevenue']);
    await members.first().getByRole('link').click();
    await page.locator('.node-aside').getByRole('link', { name: 'group finance' }).click();
    await page.waitForURL(/group\.kinds\.finance$/);
  });
});

test('the address says where one looks from', async () => {
  const drawn = async (page) => {
    await page.locator('.graph-stage[aria-busy="false"] .graph-legend').waitFor();
    return page.locator('canvas.graph-canvas').screenshot();
  };
  await at('/lineage', async (page) => {
    const whole = await drawn(page);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.waitForURL(/[?&]at=/);
    const address = page.url();
    const closer = await drawn(page);
    await page.goto('about:blank');
    await page.goto(address);
    const again = await drawn(page);
    assert.ok(!again.equals(whole), 'the address was not followed');
    // To the unit and the thousandth: a second visit is the same to the pixel.
    await page.reload();
    assert.ok((await drawn(page)).equals(again));
    assert.equal(page.url(), address);
    assert.ok(!closer.equals(whole));
    // Everything in sight is what is shown without being asked for.
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.waitForURL((url) => !url.search.includes('at='));
  });
});
