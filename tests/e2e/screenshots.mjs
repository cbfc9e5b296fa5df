// Pictures of every page in both themes and two widths, for docs/screenshots. `make screenshots` calls it.
//
// usage: node screenshots.mjs FOLDER
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildKinds, buildProject, openBrowser, openPage, serve, serveArtifacts } from './harness.mjs';
import { kindPages, pages, show } from './pages.mjs';

const folder = process.argv[2];
const file = (name, theme, width) => `${name.replace(/[^a-z]+/g, '-')}-${theme}-${width}.webp`;
const sizes = { 1440: 900, 390: 844 };

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const project = buildProject();
const server = await serve(project);
const kinds = buildKinds();
const kindServer = await serveArtifacts(kinds.target);
const addresses = [
  ...Object.entries(pages).map(([name, path]) => [name, server.url + path]),
  ...Object.entries(kindPages).map(([name, path]) => [name, kindServer.url + path]),
];
const chrome = await openBrowser();
try {
  for (const theme of ['light', 'dark']) {
    for (const [width, height] of Object.entries(sizes)) {
      const viewport = { width: Number(width), height };
      const { page, close } = await openPage(chrome, server.url, { colorScheme: theme, reducedMotion: 'reduce', viewport });
      const protocol = await page.context().newCDPSession(page);
      for (const [name, address] of addresses) {
        await show(page, address);
        // Layouts and names on the canvas are drawn once more when the fonts are there.
        await page.waitForLoadState('networkidle').catch(() => {});
        await page.waitForTimeout(800);
        const { data } = await protocol.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
        writeFileSync(join(folder, file(name, theme, width)), Buffer.from(data, 'base64'));
      }
      await close();
    }
  }
} finally {
  await chrome.close();
  await server.stop();
  await kindServer.stop();
  kinds.remove();
  project.remove();
}
const rows = addresses.map(([name]) => {
  const cell = (theme, width) => `<img src="${file(name, theme, width)}" width="${width === 390 ? 110 : 360}" alt="${name}, ${theme}, ${width} wide">`;
  return `## ${name[0].toUpperCase()}${name.slice(1)}\n\n${cell('light', 1440)} ${cell('light', 390)} ${cell('dark', 1440)} ${cell('dark', 390)}\n`;
});
writeFileSync(join(folder, 'README.md'), `# Pictures of the catalog\n\nThe example shop of \`examples/ecomm\`, and \`tests/e2e/kinds\` for what it does without; light and dark, 1440 and 390 wide. \`make screenshots\` takes them anew.\n\n${rows.join('\n')}`);
console.log(`${rows.length * 4} pictures in ${folder}`);
