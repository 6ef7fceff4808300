/* docs.js - draws /openapi.json as a page: operations by subject, their fields, and GETs to try. */
'use strict';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
let api = null;

/* make('td', {class: 'x'}, 'text', child): text never becomes markup. */
function make(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== undefined && value !== false) node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function resolve(thing) {
  if (!thing || !thing.$ref) return thing;
  return thing.$ref.replace(/^#\//, '').split('/').reduce((at, part) => at && at[part], api);
}

function refName(schema) {
  return schema && schema.$ref ? schema.$ref.split('/').pop() : null;
}

/* "integer 1..100", "array of seat", "string | null" */
function typeText(schema) {
  if (!schema || Object.keys(schema).length === 0) return 'any';
  if (refName(schema)) return refName(schema);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const some = schema.anyOf || schema.oneOf || schema.allOf;
  if (some) return some.map(typeText).join(' | ');
  if (schema.items) return `list of ${typeText(schema.items)}${bounds(schema.minItems, schema.maxItems)}`;
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : schema.type || 'object';
  return type + (schema.format ? ` (${schema.format})` : '') +
    bounds(schema.minimum, schema.maximum) + bounds(schema.minLength, schema.maxLength);
}

function bounds(low, high) {
  if (low === undefined && high === undefined) return '';
  return ` ${low === undefined ? '' : low}..${high === undefined ? '' : high}`;
}

function fieldRows(schema, prefix, depth) {
  const whole = resolve(schema) || {};
  const required = new Set(whole.required || []);
  return Object.entries(whole.properties || {}).flatMap(([name, field]) => {
    const note = [field.description, field.default !== undefined ? `default ${JSON.stringify(field.default)}` : null];
    const row = make('tr', {},
      make('td', {}, make('code', {}, prefix + name), required.has(name) ? '' : make('span', { class: 'soft' }, ' ?')),
      make('td', {}, typeText(field)),
      make('td', { class: 'soft' }, note.filter(Boolean).join('; ')));
    return [row, ...innerRows(field, prefix + name, depth)];
  });
}

function innerRows(field, name, depth) {
  if (depth >= 3) return [];
  const choices = [field, ...(field.anyOf || []), ...(field.allOf || [])];
  const inner = choices.find((choice) => refName(choice) || choice.properties);
  if (inner) return fieldRows(inner, `${name}.`, depth + 1);
  if (field.items) return fieldRows(field.items, `${name}[].`, depth + 1);
  return [];
}

function table(heads, rows) {
  return make('div', { class: 'wide' }, make('table', {},
    make('thead', {}, make('tr', {}, ...heads.map((head) => make('th', { scope: 'col' }, head)))),
    make('tbody', {}, ...rows)));
}

function parametersPart(parameters) {
  if (parameters.length === 0) return [];
  const rows = parameters.map((parameter) => make('tr', {},
    make('td', {}, make('code', {}, parameter.name), parameter.required ? '' : make('span', { class: 'soft' }, ' ?')),
    make('td', {}, parameter.in),
    make('td', {}, typeText(parameter.schema)),
    make('td', { class: 'soft' }, [parameter.description,
      parameter.schema && parameter.schema.default !== undefined ? `default ${JSON.stringify(parameter.schema.default)}` : null]
      .filter(Boolean).join('; '))));
  return [make('h3', {}, 'Parameters'), table(['Name', 'In', 'Type', 'Meaning'], rows)];
}

function contentSchema(thing) {
  const content = thing && thing.content ? Object.values(thing.content)[0] : null;
  return content ? content.schema : null;
}

function bodyPart(operation) {
  const schema = contentSchema(resolve(operation.requestBody));
  if (!schema) return [];
  return [make('h3', {}, `Body: ${typeText(schema)}`),
    table(['Field', 'Type', 'Meaning'], fieldRows(schema, '', 0))];
}

function answersPart(operation) {
  const parts = [make('h3', {}, 'Answers')];
  const errors = [];
  for (const [status, named] of Object.entries(operation.responses || {})) {
    const answer = resolve(named);
    if (Number(status) >= 400) {
      errors.push(make('tr', {}, make('td', {}, status), make('td', {}, answer.description)));
      continue;
    }
    const schema = contentSchema(answer);
    parts.push(make('p', {}, make('strong', {}, status), ` ${answer.description}`));
    const rows = schema ? fieldRows(schema, '', 0) : [];
    if (rows.length > 0) parts.push(table(['Field', 'Type', 'Meaning'], rows));
  }
  parts.push(make('details', {}, make('summary', {}, `${errors.length} errors`), table(['Status', 'Meaning'], errors)));
  return parts;
}

function securityPart(operation) {
  const names = (operation.security || []).flatMap((one) => Object.keys(one));
  if (names.length === 0) return [];
  const words = names.map((name) => api.components.securitySchemes[name].description);
  return [make('p', { class: 'soft' }, words.join(' Or: '))];
}

/* --- try it --- */

function requestOf(path, parameters, form) {
  const query = new URLSearchParams();
  const headers = {};
  let target = path;
  for (const parameter of parameters) {
    const value = form.elements[`p-${parameter.in}-${parameter.name}`].value;
    if (parameter.in === 'path') target = target.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value === '') continue;
    else if (parameter.in === 'query') query.set(parameter.name, value);
    else headers[parameter.name] = value;
  }
  const token = document.getElementById('token').value;
  if (token) headers.Authorization = `Bearer ${token}`;
  const text = query.toString();
  return { target: text ? `${target}?${text}` : target, headers };
}

async function send(path, parameters, form, out) {
  const { target, headers } = requestOf(path, parameters, form);
  const began = performance.now();
  out.replaceChildren(make('p', { class: 'soft' }, `GET ${target} …`));
  try {
    const answer = await fetch(target, { headers });
    const text = await answer.text();
    const took = (performance.now() - began).toFixed(0);
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch (problem) { /* not JSON: as it is */ }
    out.replaceChildren(
      make('p', {}, make('strong', {}, `${answer.status} ${answer.statusText}`), ` in ${took} ms, ${text.length} characters`),
      make('pre', { tabindex: '0' }, shown || '(no body)'));
  } catch (problem) {
    out.replaceChildren(make('p', {}, `No answer: ${problem.message}`));
  }
}

function tryPart(path, parameters, id) {
  const out = make('div', { 'aria-live': 'polite' });
  const inputs = parameters.map((parameter) => make('label', {}, parameter.name + (parameter.required ? '' : ' (optional)'),
    make('input', { name: `p-${parameter.in}-${parameter.name}`, required: parameter.required && parameter.in === 'path',
      autocomplete: 'off', id: `${id}-${parameter.in}-${parameter.name}` })));
  const form = make('form', {}, ...inputs, make('button', { type: 'submit' }, 'Send'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(path, parameters, form, out);
  });
  return [make('h3', {}, 'Try it'), form, out];
}

/* --- the page --- */

function operationPart(path, method, operation) {
  const parameters = (operation.parameters || []).map(resolve);
  const inside = make('div', {});
  const whole = make('details', { class: 'operation', id: operation.operationId },
    make('summary', {}, make('span', { class: `method ${method}` }, method.toUpperCase()),
      make('span', { class: 'path' }, path), make('span', { class: 'soft' }, operation.summary || '')),
    inside);
  whole.addEventListener('toggle', () => { /* drawn when first opened: a long page opens fast */
    if (!whole.open || inside.childNodes.length > 0) return;
    inside.append(...securityPart(operation), ...parametersPart(parameters), ...bodyPart(operation), ...answersPart(operation));
    if (method === 'get') inside.append(...tryPart(path, parameters, operation.operationId));
  });
  return whole;
}

function bySubject() {
  const subjects = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const subject = (item[method].tags || ['other'])[0];
      if (!subjects.has(subject)) subjects.set(subject, []);
      subjects.get(subject).push({ path, method, operation: item[method] });
    }
  }
  return subjects;
}

function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!named || named.tagName !== 'DETAILS') return;
  named.open = true;
  named.scrollIntoView();
}

function draw() {
  document.title = api.info.title;
  document.getElementById('head').replaceChildren(
    make('h1', {}, api.info.title),
    make('p', { class: 'soft' }, `Version ${api.info.version}. `, make('a', { href: '/openapi.json' }, 'OpenAPI description')),
    make('p', {}, api.info.description || ''),
    make('div', { class: 'keys' }, make('label', {}, 'Token for what you try (kept in this page alone)',
      make('input', { id: 'token', type: 'password', autocomplete: 'off' }))));
  const index = document.getElementById('index');
  const main = document.getElementById('main');
  index.replaceChildren();
  main.replaceChildren();
  for (const [subject, operations] of bySubject()) {
    index.append(make('strong', {}, subject), make('ul', {}, ...operations.map((one) => make('li', {},
      make('a', { href: `#${one.operation.operationId}` }, `${one.method.toUpperCase()} ${one.path}`)))));
    main.append(make('section', {}, make('h2', {}, subject),
      ...operations.map((one) => operationPart(one.path, one.method, one.operation))));
  }
  openNamed();
}

window.addEventListener('hashchange', openNamed);
fetch('/openapi.json').then((answer) => answer.json()).then((description) => {
  api = description;
  draw();
}).catch((problem) => {
  document.getElementById('main').replaceChildren(make('p', {}, `The description cannot be read: ${problem.message}`));
});
