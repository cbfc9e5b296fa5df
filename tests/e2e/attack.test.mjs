// A project whose every text tries to run a script in the page: names, descriptions, meta, SQL, addresses.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { buildProject, openBrowser, openPage, serveArtifacts } from './harness.mjs';

/** Each sets `window.attacked` where it runs. */
const run = 'window.attacked=1';
const markup = [
  `<script>${run}</script>`, `<ScRiPt>${run}</sCrIpT>`, `</script><script>${run}</script>`, `<script src="data:,${run}"></script>`,
  `<script type="module">${run}</script>`, `<<script>${run}//<</script>`, `<scr<script>ipt>${run}</script>`, `<script\n>${run}</script\n>`,
  `<img src=x onerror="${run}">`, `<img src=x onerror=${run}//`, `<img """><script>${run}</script>">`, `<img/src=x/onerror=${run}>`,
  `<svg onload="${run}">`, `<svg><script>${run}</script></svg>`, `<svg><animate onbegin=${run} attributeName=x dur=1s>`,
  `<svg><a xlink:href="javascript:${run}"><text>x</text></a></svg>`, `<svg><use href="data:image/svg+xml,<svg id=x onload=${run}>#x"></svg>`,
  `<math><mtext></form><form><mglyph><svg><mtext><style><path id="</style><img onerror=${run} src>">`,
  `<iframe src="javascript:${run}"></iframe>`, `<iframe srcdoc="<script>parent.attacked=1</script>"></iframe>`, `<object data="javascript:${run}"></object>`,
  `<embed src="javascript:${run}">`, `<body onload=${run}>`, `<details open ontoggle=${run}>`, `<input autofocus onfocus=${run}>`,
  `<select autofocus onfocus=${run}>`, `<textarea autofocus onfocus=${run}>`, `<video src=x onerror=${run}>`, `<audio src=x onerror=${run}>`,
  `<video><source onerror=${run}></video>`, `<marquee onstart=${run}>`, `<a href="javascript:${run}" autofocus>x</a>`, `<form action="javascript:${run}"><button autofocus>x</button></form>`,
  `<button formaction="javascript:${run}">x</button>`, `<base href="javascript:/a/+${run}//">`, `<meta http-equiv="refresh" content="0;javascript:${run}">`,
  `<link rel="stylesheet" href="data:text/css,*{background:url(javascript:${run})}">`, `<style>@import "javascript:${run}";</style>`, `<style onload=${run}></style>`,
  `<div style="background:url(javascript:${run})">`, `<div style="width:expression(${run})">`, `<template><script>${run}</script></template>`, `<noscript><p title="</noscript><img src=x onerror=${run}>">`,
  `<!--><script>${run}</script>-->`, `<!--[if gte IE 4]><script>${run}</script><![endif]-->`, `<![CDATA[<script>${run}</script>]]>`, `<?xml version="1.0"?><script>${run}</script>`,
  `"><script>${run}</script>`, `'><script>${run}</script>`, `\` onerror=${run} \``, `" onmouseover="${run}" x="`, `' autofocus onfocus='${run}`,
  `{{constructor.constructor('${run}')()}}`, `\${${run}}`, `&lt;script&gt;${run}&lt;/script&gt;`, `\u003cscript\u003e${run}\u003c/script\u003e`, `%3Cscript%3E${run}%3C/script%3E`, `\u2028<script>${run}</script>`,
];
const addresses = [
  `javascript:${run}`, ` javascript:${run}`, `JaVaScRiPt:${run}`, `java\tscript:${run}`, `java\nscript:${run}`, `&#106;avascript:${run}`, `javascript&colon;${run}`, `\u0001javascript:${run}`,
  `vbscript:${run}`, `data:text/html,<script>${run}</script>`, `data:text/html;base64,PHNjcmlwdD5vcGVuZXIuYXR0YWNrZWQ9MTwvc2NyaXB0Pg==`, `//\njavascript:${run}`, `view-source:javascript:${run}`, `blob:javascript:${run}`,
];
/** Where an image may not come from, and a picture of the project's own that holds scripts. */
const images = [
  '//evil.example/assets/a.png', '///evil.example/assets/a.png', 'https:evil.example/a.png', '/\\evil.example/assets/a.png', '\\\\evil.example\\assets\\a.png', 'assets\\..\\..\\a.png',
  '/assets/a.png', '../a.png', 'assets/../../a.png', 'assets/%2e%2e/%2e%2e/a.png', '%2e%2e%2fa.png', 'assets/%252e%252e/a.png', 'assets/..%5c..%5ca.png', 'assets/a.png%00.html', 'file:///etc/a.png',
  'data:image/svg+xml,<svg onload="window.attacked=1">/a.svg', 'assets/a.png" onerror="window.attacked=1', "assets/a.png' onerror='window.attacked=1", 'assets/evil.svg', './assets/evil.svg?x=/../../a.png#<script>',
];
const markdown = addresses.flatMap((address) => [`[x](${address})`, `[x](<${address}>)`, `![x](${address})`, `<${address}>`, `[x]: ${address}\n\n[x]`]);
const pictures = images.flatMap((address) => [`![x](<${address}>)`, `![x][y]\n\n[y]: <${address}>`]);
const attacks = [...markup, ...markdown, ...pictures];

let built, folder, server, chrome;

/** Puts an attack into every text of an artifact that a person may write. */
function poison(value, next) {
  if (Array.isArray(value)) return value.map((item) => poison(item, next));
  if (value === null || typeof value !== 'object') return value;
  const written = ['description', 'raw_code', 'compiled_code', 'macro_sql', 'block_contents', 'source_description', 'loader', 'label', 'comment', 'message', 'alias', 'group'];
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => {
    if (written.includes(key) && (typeof inner === 'string' || inner === null)) return [key, `${next()}\n\n${next()}`];
    if (key === 'tags') return [key, [next()]];
    if (key === 'meta') return [key, { ...inner, [next()]: next(), owner: next(), list: [next(), { deep: next() }] }];
    if (key === 'owner' && inner) return [key, { name: next(), email: `${next()}@x` }];
    if (key === 'url') return [key, addresses[Math.floor(Math.random() * addresses.length)]];
    return [key, poison(inner, next)];
  }));
}

before(async () => {
  built = buildProject();
  folder = join(built.folder, 'poisoned');
  mkdirSync(folder);
  let at = 0;
  const next = () => attacks[at++ % attacks.length];
  for (const name of ['manifest.json', 'catalog.json', 'run_results.json']) {
    const artifact = JSON.parse(readFileSync(join(built.project, 'target', name), 'utf8'));
    writeFileSync(join(folder, name), JSON.stringify({ ...poison(artifact, next), metadata: artifact.metadata }));
  }
  assert.ok(at > attacks.length, `each of ${attacks.length} attacks stands somewhere`);
  mkdirSync(join(folder, 'assets'));
  const evil = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="${run};parent.attacked=1"><script>${run};top.attacked=1;fetch('//evil.example')</script>`
    + '<image href="https://evil.example/a.png" width="9" height="9"/><foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="//evil.example/b.png"/></foreignObject></svg>';
  writeFileSync(join(folder, 'assets', 'evil.svg'), evil);
  writeFileSync(join(built.folder, 'a.png'), 'not for the page');
  built.run('docs', 'generate', '--static', '--artifacts', folder);
  server = await serveArtifacts(folder);
  chrome = await openBrowser();
});

after(async () => {
  await chrome?.close();
  await server?.stop();
  built?.remove();
});

test('an image that is a document runs nothing when it is opened, and nothing else is handed out', async () => {
  const { page, close } = await openPage(chrome, server.url);
  // What the policy forbids is told of as a request too.
  const asked = [];
  page.on('requestfinished', (request) => asked.push(request.url()));
  page.on('requestfailed', (request) => request.failure().errorText !== 'csp' && asked.push(request.url()));
  try {
    const image = `${server.url}/api/v1/images/assets/evil.svg`;
    const answer = await page.goto(image);
    assert.equal(answer.status(), 200);
    const headers = answer.headers();
    assert.equal(headers['content-type'], 'image/svg+xml');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(headers['content-security-policy'], /default-src 'none';.*; sandbox$/);
    assert.equal(await page.evaluate(() => window.attacked).catch(() => undefined), undefined);
    assert.deepEqual(asked, [image]);
  } finally {
    await close();
  }
  for (const path of ['../manifest.json', '..%2fmanifest.json', 'manifest.json', 'assets/%2e%2e/manifest.json', 'assets/..%2f..%2fa.png', '%2fetc%2fpasswd', 'assets/other.png', '..%5ca.png']) {
    const { status, headers } = await raw(`/api/v1/images/${path}`);
    assert.equal(status, 404, path);
    assert.match(headers['content-security-policy'], /default-src 'self'/);
  }
});

/** Asks for a path as it is written: a browser would put `..` away. */
function raw(path) {
  const { hostname, port } = new URL(server.url);
  return new Promise((done, failed) => {
    get({ hostname, port, path }, (answer) => {
      answer.resume();
      done({ status: answer.statusCode, headers: answer.headers });
    }).on('error', failed);
  });
}

/** Everything in the page that could run something. */
const dangers = () => {
  const found = [];
  for (const element of document.querySelectorAll('main *, aside *, nav *, header *, dialog *')) {
    if (['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'BASE', 'META', 'LINK', 'STYLE', 'FORM'].includes(element.tagName)) found.push(element.outerHTML);
    for (const { name, value } of element.attributes) {
      if (name.startsWith('on')) found.push(`${element.tagName} ${name}=${value}`);
      const isAddress = ['href', 'src', 'action', 'formaction', 'xlink:href', 'data'].includes(name);
      if (isAddress && !/^(\/(?!\/)|#|https?:|mailto:|data:image\/)/.test(value)) found.push(`${element.tagName} ${name}=${value}`);
    }
  }
  return found;
};

for (const form of ['server', 'file']) {
  test(`${form}: ${attacks.length} attacks do nothing`, async () => {
    const address = form === 'server' ? server.url : `${pathToFileURL(join(folder, 'static_index.html')).href}#`;
    const { page, trouble, close } = await openPage(chrome, form === 'server' ? server.url : 'file:');
    page.on('dialog', (dialog) => trouble.push(`dialog: ${dialog.message()}`));
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    const ids = ['nodes', 'sources', 'exposures'].flatMap((kind) => Object.keys(manifest[kind]).filter((id) => !/^(test|operation)\./.test(id)));
    const own = (kind) => Object.keys(manifest[kind]).filter((id) => manifest[kind][id].package_name === 'ecomm_dbt').slice(0, 4);
    const paths = ['/', '/lineage', '/search?q=script', '/search?q=onerror', '/coverage', '/coverage/columns', '/keys', '/sources', '/contracts', '/runs',
      ...[...ids, ...own('macros'), ...own('docs')].map((id) => `/node/${encodeURIComponent(id)}`),
      ...['code', 'impact', 'columns'].map((tab) => `/node/model.ecomm_dbt.fct_user_features?tab=${tab}`),
      ...attacks.slice(0, 12).map((attack) => `/search?q=${encodeURIComponent(attack)}`),
      ...attacks.slice(0, 12).map((attack) => `/lineage?select=${encodeURIComponent(attack)}`),
      ...attacks.slice(0, 6).map((attack) => `/node/${encodeURIComponent(attack)}`)];
    const found = [];
    let shown = 0;
    try {
      for (const path of paths) {
        // An address that differs after `#` only would not load the page anew.
        if (form === 'file') await page.goto('about:blank');
        await page.goto(address + path);
        await page.locator('main h1, main h2').first().waitFor({ state: 'attached', timeout: 20_000 });
        await page.waitForFunction(() => !document.querySelector('.skeleton'), null, { timeout: 20_000 });
        assert.equal(await page.evaluate(() => window.attacked), undefined, path);
        shown += (await page.locator('main').innerText()).split('window.attacked').length - 1;
        found.push(...(await page.evaluate(dangers)).map((danger) => `${path}: ${danger.slice(0, 200)}`));
      }
      assert.ok(shown > attacks.length, `the attacks are there to be read: ${shown}`);
      // What is missing is missing; nothing else may be complained about, a violated policy least of all.
      assert.deepEqual(trouble.filter((line) => !/404/.test(line)), []);
      assert.deepEqual(found, []);
    } finally {
      await close();
    }
  });
}
