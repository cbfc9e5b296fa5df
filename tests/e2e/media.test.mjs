// The page on paper, in high contrast, and in the colours of a reader's own.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { buildProject, openBrowser, openPage, serve } from './harness.mjs';
import { FEATURES, pages, show } from './pages.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// A graph, a field to type in and an error are not what people print.
const printed = Object.entries(pages).filter(([name]) => !/lineage|try|search|nothing/.test(name)).map(([, path]) => path);

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

async function visit(options, walk) {
  const { page, trouble, close } = await openPage(chrome, server.url, { reducedMotion: 'reduce', ...options });
  page.setDefaultTimeout(20_000);
  try {
    await walk(page);
    assert.deepEqual(trouble, []);
  } finally {
    await close();
  }
}

const open = (page, path) => show(page, server.url + path);

/** The colour of a pixel of the lineage, near its corner, where only the ground is. */
const ground = (page) => page.evaluate(() => {
  const canvas = document.querySelector('canvas.graph-canvas');
  return [...canvas.getContext('2d').getImageData(3, Math.floor(canvas.height / 2), 1, 1).data.slice(0, 3)];
});

test('on paper all of a page is there, without what it is worked with, dark on white', () =>
  // The width of A4 between its margins.
  visit({ colorScheme: 'dark', viewport: { width: 703, height: 1000 } }, async (page) => {
    const wrong = [];
    for (const path of printed) {
      await page.emulateMedia({ media: 'screen' });
      await open(page, path);
      await page.emulateMedia({ media: 'print' });
      const seen = await page.evaluate(() => {
        const box = (selector) => document.querySelector(selector)?.getBoundingClientRect().height ?? 0;
        const isShown = (element) => element.getClientRects().length > 0;
        // What is wider than the paper, or scrolled inside of the page, is lost on it.
        const cut = [...document.querySelectorAll('body, body *')].filter((element) =>
          isShown(element) && !element.closest('svg, .unseen') && getComputedStyle(element).overflowY !== 'visible'
            && element.scrollHeight > element.clientHeight + 2 && element.clientHeight > 0);
        return {
          tools: box('.bar') + box('.side'),
          buttons: [...document.querySelectorAll('button, .tabs')].filter((element) => isShown(element) && !element.closest('th, .tree')).length,
          ground: getComputedStyle(document.documentElement).backgroundColor,
          ink: getComputedStyle(document.querySelector('main h1')).color,
          wide: document.documentElement.scrollWidth > innerWidth + 1,
          cut: cut.map((element) => element.className).slice(0, 3),
        };
      });
      const expected = { tools: 0, buttons: 0, ground: 'rgb(255, 255, 255)', ink: 'rgb(23, 32, 31)', wide: false, cut: [] };
      for (const [name, value] of Object.entries(expected)) {
        if (JSON.stringify(seen[name]) !== JSON.stringify(value)) wrong.push(`${path}: ${name} is ${JSON.stringify(seen[name])}`);
      }
    }
    assert.deepEqual(wrong, []);
  }));

test('the lineage is printed on white from a dark page, and is dark again after it', () =>
  visit({ colorScheme: 'dark' }, async (page) => {
    await open(page, '/lineage');
    await page.getByText(/\d+ nodes, \d+ edges/).waitFor();
    const dark = await ground(page);
    assert.ok(dark.every((part) => part < 60), String(dark));
    const becomes = async (media, expected) => {
      await page.emulateMedia({ media });
      for (let frame = 0; frame < 100 && String(await ground(page)) !== String(expected); frame += 1) {
        await page.evaluate(() => new Promise(requestAnimationFrame));
      }
      assert.deepEqual(await ground(page), expected);
    };
    await becomes('print', [255, 255, 255]);
    await becomes('screen', dark);
  }));

for (const colorScheme of ['light', 'dark']) {
  test(`high contrast, ${colorScheme}: every text stands out 7 to 1`, () =>
    visit({ colorScheme, contrast: 'more' }, async (page) => {
      const found = [];
      for (const path of Object.values(pages)) {
        await open(page, path);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: { type: 'rule', values: ['color-contrast', 'color-contrast-enhanced'] } }));
        for (const { id, nodes } of violations) {
          found.push(...nodes.slice(0, 4).map((node) => `${path}: ${id}: ${node.html.slice(0, 140)} ${node.any[0]?.message ?? ''}`));
        }
      }
      assert.deepEqual(found, []);
    }));
}

test('with colours of a reader’s own the lineage takes them, and what is chosen can be told', () =>
  visit({ forcedColors: 'active', colorScheme: 'dark' }, async (page) => {
    await open(page, '/lineage');
    await page.getByText(/\d+ nodes, \d+ edges/).waitFor();
    const canvas = await page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement('span'));
      probe.style.cssText = 'forced-color-adjust: none; color: Canvas';
      return getComputedStyle(probe).color.match(/\d+/g).slice(0, 3).map(Number);
    });
    assert.deepEqual(await ground(page), canvas);
    const chosen = await page.locator('.side-link[aria-current="page"]').first().evaluate((link) => getComputedStyle(link).outlineStyle);
    assert.equal(chosen, 'solid');
    await open(page, `/node/${FEATURES}`);
    const badge = await page.locator('.badge').first().evaluate((element) => getComputedStyle(element).borderTopStyle);
    assert.equal(badge, 'solid');
  }));
