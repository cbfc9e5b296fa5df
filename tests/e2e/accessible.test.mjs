// Every page, in both themes, wide and narrow, before axe-core: nothing serious by WCAG 2.2 AA.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { buildKinds, buildProject, openBrowser, openPage, serve, serveArtifacts } from './harness.mjs';
import { kindPages, pages, show } from './pages.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let project, kinds, server, kindServer, chrome;

before(async () => {
  project = buildProject();
  server = await serve(project);
  kinds = buildKinds();
  kindServer = await serveArtifacts(kinds.target);
  chrome = await openBrowser();
});

after(async () => {
  await chrome?.close();
  await server?.stop();
  await kindServer?.stop();
  kinds?.remove();
  project?.remove();
});

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1440, 390]) {
    test(`${colorScheme}, ${width} wide`, async () => {
      const { page, close } = await openPage(chrome, server.url, { colorScheme, reducedMotion: 'reduce', viewport: { width, height: 900 } });
      const found = [];
      try {
        const addresses = (pages, { url }) => Object.entries(pages).map(([name, path]) => [name, url + path]);
        for (const [name, address] of [...addresses(pages, server), ...addresses(kindPages, kindServer)]) {
          await show(page, address);
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
