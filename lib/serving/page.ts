// The page to try the API by hand: plain HTML that needs nothing from elsewhere.
import type { Route } from './route.ts';

export function pageHtml(routes: readonly Route[], version: string): string {
  const sections = routes.map((route, index) => {
    const { method, path, summary, description, example, scope, params = {}, query = {} } = route;
    const places = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => field(name, `data-place="${name}" value="${escape(params[name]?.example ?? '')}" required`, params[name]?.description)).join('');
    const questions = Object.entries(query).map(([name, { description: about }]) => field(name, `data-query="${name}"`, about)).join('');
    const body = JSON.stringify(example ?? {}, undefined, 2);
    return `<details${index === 0 ? ' open' : ''}><summary><b>${method.toUpperCase()}</b> <code>${path}</code> <span>${escape(summary)}</span></summary>
<form data-method="${method}" data-path="${path}">
${description === undefined ? '' : `<p>${escape(description).replaceAll(/`([^`]+)`/g, '<code>$1</code>')}</p>`}
${places}${questions}
${route.body === undefined ? '' : `<textarea rows="${Math.min(16, body.split('\n').length + 1)}" spellcheck="false" aria-label="body">${escape(body)}</textarea>`}
<button>Send</button>${scope === undefined ? ' <small>open to everyone</small>' : ''}
<pre hidden></pre>
</form></details>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Millrace API</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 small { font-weight: normal; opacity: .6; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .5rem .75rem; }
summary { cursor: pointer; } summary b { display: inline-block; width: 3.2rem; font-size: .8rem; } summary span { opacity: .7; margin-left: .5rem; }
label { display: block; margin: .4rem 0; } label small { opacity: .7; margin-left: .4rem; } input { font: inherit; padding: .2rem .4rem; width: min(100%, 28rem); }
textarea { width: 100%; box-sizing: border-box; font: 13px/1.4 ui-monospace, monospace; }
pre { overflow: auto; max-height: 24rem; background: color-mix(in srgb, currentColor 7%, transparent); padding: .6rem; border-radius: 6px; font-size: 13px; }
pre.bad { border-left: 3px solid #c33; } button { font: inherit; padding: .25rem .9rem; }
</style></head><body>
<h1>Millrace <small>${escape(version)}</small></h1>
<p>Predictions, prices, shipping and what came of them. The document for programs is <a href="openapi.json">openapi.json</a>.</p>
<label>API key <input id="key" autocomplete="off" spellcheck="false" placeholder="mr_…"><small>as <code>start</code> and <code>serve</code> print one, or <code>millrace keys create</code> makes one</small></label>
${sections.join('\n')}
<script>
for (const form of document.querySelectorAll('form')) form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const out = form.querySelector('pre');
  let path = form.dataset.path;
  for (const input of form.querySelectorAll('[data-place]')) path = path.replace('{' + input.dataset.place + '}', encodeURIComponent(input.value));
  const query = new URLSearchParams([...form.querySelectorAll('[data-query]')].filter((input) => input.value !== '').map((input) => [input.dataset.query, input.value]));
  if (query.size > 0) path += '?' + query;
  const body = form.querySelector('textarea')?.value;
  const key = document.getElementById('key').value.trim();
  const started = performance.now();
  try {
    const response = await fetch(path.replace(/^\\//, ''), { method: form.dataset.method.toUpperCase(), body, headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...(key ? { 'x-api-key': key } : {}) } });
    const text = await response.text();
    out.className = response.ok ? '' : 'bad';
    let shown = text; try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch {}
    out.textContent = response.status + ' in ' + (performance.now() - started).toFixed(1) + ' ms\\n' + shown;
  } catch (error) { out.className = 'bad'; out.textContent = String(error); }
  out.hidden = false;
});
</script></body></html>
`;
}

function field(name: string, attributes: string, about: string | undefined): string {
  return `<label>${name} <input ${attributes}>${about === undefined ? '' : `<small>${escape(about)}</small>`}</label>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
