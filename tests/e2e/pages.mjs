// Every page of the catalog by what it is called, as an address over the example project.
export const FEATURES = 'model.ecomm_dbt.fct_user_features';

export const pages = {
  overview: '/',
  lineage: '/lineage',
  'a selected part of the lineage': `/lineage?select=%2Bfct_user_features&focus=${FEATURES}`,
  'lineage in groups': '/lineage?group=folder',
  search: '/search?q=user',
  coverage: '/coverage',
  'columns by tests': '/coverage/columns',
  keys: '/keys',
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

/** Pages of the kinds that the example does without, over the project in `kinds`. */
export const kindPages = {
  "a version's code": '/node/model.kinds.fct_payments.v2?tab=code',
  'a unit test': '/node/unit_test.kinds.fct_payments.payments_add_up_v2',
  'a semantic model': '/node/semantic_model.kinds.payments',
  'a metric': '/node/metric.kinds.card_share',
  'a saved query': '/node/saved_query.kinds.revenue_by_day',
  'a group': '/node/group.kinds.finance',
  'a macro': '/node/macro.kinds.cents_to_euros',
  'a function': '/node/function.kinds.is_large',
  'all kinds in the lineage': '/lineage',
};

/** Opens a page and waits until it shows what it is about. */
export async function show(page, address) {
  await page.goto(address);
  await page.locator('main h1').first().waitFor({ state: 'attached', timeout: 20_000 });
  await page.waitForFunction(() => !document.querySelector('.skeleton'), null, { timeout: 20_000 });
}
