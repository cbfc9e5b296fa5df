// Every page, in both themes, wide and narrow, before axe-core: nothing serious by WCAG 2.2 AA.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { buildProject, openBrowser, openPage, serve } from './harness.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FEATURES = 'model.ecomm_dbt.fct_user_features';
const pages = {
  overview: '/',
  lineage: '/lineage',
  'a selected part of the lineage': `/lineage?select=%2Bfct_user_features&focus=${FEATURES}`,
  search: '/search?q=user',
  coverage: '/coverage',
  keys: '/keys',
  'columns by tests': '/coverage/columns',
  'lineage in groups': '/lineage?group=folder',
  sources: '/sources',
  contracts: '/contracts',
  'a contract': `/contracts/${FEATURES}`,
  changes: '/changes',
  runs: '/runs',
  'a model': `/node/${FEATURES}`,
  "a model's columns": `/node/${FEATURES}?tab=columns`,
  "a model's code": `/node/${FEATURES}?tab=code`,
  'a text to try': `/node/${FEATURES}?tab=try`,
  "a model's lineage": `/node/${FEATURES}?tab=lineage`,
  "a model's impact": `/node/${FEATURES}?tab=impact`,
  "a model's runs": `/node/${FEATURES}?tab=runs`,
  'a source': '/node/source.ecomm_dbt.raw.orders',
  'an exposure': '/node/exposure.ecomm_dbt.churn_model',
  'nothing there': '/nowhere',
};

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

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1440, 390]) {
    test(`${colorScheme}, ${width} wide`, async () => {
      const { page, close } = await openPage(chrome, server.url, { colorScheme, reducedMotion: 'reduce', viewport: { width, height: 900 } });
      const found = [];
      try {
        for (const [name, path] of Object.entries(pages)) {
          await page.goto(server.url + path);
          await page.locator('main h1').first().waitFor({ state: 'attached', timeout: 20_000 });
          await page.waitForFunction(() => !document.querySelector('.skeleton'), null, { timeout: 20_000 });
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() =>
            window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
          for (const { id, impact, nodes } of violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))) {
            found.push(`${name}: ${impact} ${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`);
          }
        }
      } finally {
        await close();
      }
      assert.deepEqual(found, []);
    });
  }
}
