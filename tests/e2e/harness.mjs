// Starts the real binary over a copy of the example project, and a headless Chromium in front of it.
import { spawn, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const refract = process.env.REFRACT ?? join(root, 'target/debug/refract');
const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Runs the binary; its output. */
export const run = (...args) => execFileSync(refract, args, { stdio: ['ignore', 'pipe', 'inherit'] });

/** A built copy of examples/ecomm in a folder of its own. */
export function buildProject() {
  const folder = mkdtempSync(join(tmpdir(), 'refract-e2e-'));
  const project = join(folder, 'ecomm');
  const skip = /\/(target|logs|dbt_packages|\.refract)(\/|$)|\.duckdb(\.wal)?$/;
  cpSync(join(root, 'examples'), folder, { recursive: true, filter: (from) => !skip.test(from) });
  const runIn = (...args) => run(...args, '--project-dir', project, '--profiles-dir', project);
  runIn('deps');
  runIn('run-operation', 'load_raw_data');
  runIn('build');
  runIn('source', 'freshness');
  runIn('docs', 'generate');
  // An earlier state: one model less, one with other SQL, and a column that is gone now.
  const before = join(folder, 'before');
  mkdirSync(before);
  const manifest = JSON.parse(readFileSync(join(project, 'target/manifest.json'), 'utf8'));
  delete manifest.nodes['model.ecomm_dbt.dim_customer_360'];
  const orders = manifest.nodes['model.ecomm_dbt.stg_orders'];
  orders.raw_code += ' ';
  orders.compiled_code = orders.compiled_code.replace(/\bselect\b(?![\s\S]*\bselect\b)/i, 'select 1 as promo,');
  writeFileSync(join(before, 'manifest.json'), JSON.stringify(manifest));
  return { folder, before, project, run: runIn, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A built copy of the project in `kinds`: a resource of each kind that examples/ecomm does without. */
export function buildKinds() {
  const folder = mkdtempSync(join(tmpdir(), 'refract-kinds-'));
  const project = join(folder, 'kinds');
  cpSync(join(root, 'tests/e2e/kinds'), project, { recursive: true });
  const runIn = (...args) => run(...args, '--project-dir', project, '--profiles-dir', project);
  runIn('build');
  // Compiling again would put its own results in the place of the build's.
  runIn('docs', 'generate', '--no-compile');
  return { project, target: join(project, 'target'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** `refract serve` on a free port; resolves with its address once it answers. */
export const serve = ({ project, before }) =>
  listen(['serve', '--port', '0', '--project-dir', project, '--profiles-dir', project, '--state', before]);

/** `refract docs serve` over a folder of artifacts. */
export const serveArtifacts = (folder) => listen(['docs', 'serve', '--port', '0', '--artifacts', folder]);

async function listen(command) {
  const child = spawn(refract, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  const stopped = new Promise((done) => child.once('exit', done));
  const url = await new Promise((found, failed) => {
    const look = (line) => {
      const match = line.match(/http:\/\/127\.0\.0\.1:\d+/);
      if (match) found(match[0]);
    };
    createInterface({ input: child.stdout }).on('line', look);
    createInterface({ input: child.stderr }).on('line', look);
    child.once('exit', (code) => failed(new Error(`refract serve ended with ${code}`)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await stopped;
  };
  return { url, stop };
}

/** A folder behind a plain web server, below a path as on a shared host. */
export async function host(folder, below = '/team/catalog/') {
  const kinds = { html: 'text/html', js: 'text/javascript', css: 'text/css', wasm: 'application/wasm', svg: 'image/svg+xml', png: 'image/png', woff2: 'font/woff2' };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://host').pathname);
    const name = path.startsWith(below) ? path.slice(below.length) || 'index.html' : '';
    const file = join(folder, name);
    if (!name || !existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': kinds[name.split('.').pop()] ?? 'application/octet-stream' });
    response.end(readFileSync(file));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${server.address().port}${below}`, stop: () => new Promise((done) => server.close(done)) };
}

/** A headless browser that refuses every address but this machine's. */
export async function openBrowser() {
  const chrome = await chromium.launch({
    executablePath: browser,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  return chrome;
}

/** A page that collects what a person would not see: console errors, refused requests, requests to elsewhere. */
export async function openPage(chrome, url, options = {}) {
  const context = await chrome.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const trouble = [];
  page.on('console', (message) => message.type() === 'error' && trouble.push(message.text()));
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('request', (request) => {
    const at = request.url();
    if (!at.startsWith(url) && !at.startsWith('data:') && !at.startsWith('blob:')) trouble.push(`request to ${at}`);
  });
  return { page, trouble, close: () => context.close() };
}
