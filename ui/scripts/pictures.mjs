// Takes the pictures in docs/images from a server on which `./yard demo` left its examples.
//   node scripts/pictures.mjs http://127.0.0.1:8484 admin PASSWORD
import { chromium } from 'playwright-core';

const [base, name, password] = process.argv.slice(2);
if (!password) {
  console.error('usage: node scripts/pictures.mjs URL NAME PASSWORD');
  process.exit(2);
}

const folder = new URL('../../docs/images/', import.meta.url).pathname;
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

async function open(scheme, width, height) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(`${base}/signin`);
  await page.getByLabel('Name').fill(name);
  await page.locator('input[type=password]').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  return page;
}

async function take(page, path, file) {
  await page.goto(base + path);
  await page.waitForTimeout(4000);
  await page.screenshot({ path: `${folder}${file}.png` });
  console.log(file);
}

const get = async (page, path) => (await page.request.get(`${base}/api/yard/v1${path}`)).json();

for (const scheme of ['light', 'dark']) {
  const page = await open(scheme, 1440, 900);
  const { jobs } = await get(page, '/jobs?limit=100');
  const report = jobs.find((job) => job.name === 'Sales report');
  const { runs } = await get(page, `/runs?job_id=${report.id}&limit=100`);
  const failed = runs.find((run) => run.state === 'failed');
  const good = runs.find((run) => run.state === 'succeeded');
  const { batches } = await get(page, '/batches?limit=1');
  await take(page, '/', `home-${scheme}`);
  await take(page, `/jobs/${report.id}`, `job-${scheme}`);
  await take(page, `/runs/${failed.id}?task=totals`, `run-${scheme}`);
  await take(page, `/batches/${batches[0].id}`, `batch-${scheme}`);
  await take(page, `/compare?a=${good.id}&b=${failed.id}`, `compare-${scheme}`);
  await take(page, '/jobs/new/databricks', `new-job-${scheme}`);
  await page.context().close();
  const phone = await open(scheme, 390, 844);
  await take(phone, `/runs/${failed.id}`, `phone-run-${scheme}`);
  await phone.context().close();
}

await browser.close();
